import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { addressBytes } from '../ip-address';

/** Who may ask the admin server: whoever has the token, or reaches a port of loopback where none is set. */
export class Visitors {
  readonly #token: Buffer | undefined;
  readonly #isNamed: boolean;

  /**
   * @param token undefined: none is needed
   * @param isNamed it has a certificate: no page can have its own name lead here
   */
  constructor(token: string | undefined, isNamed: boolean) {
    this.#token = token === undefined ? undefined : digest(token);
    this.#isNamed = isNamed;
  }

  /** Why a request is refused; undefined: it is not. */
  refusal({ headers }: Pick<FastifyRequest, 'headers'>): { status: 401 | 403; text: string } | undefined {
    const { authorization = '', host = '' } = headers;
    if (this.#token !== undefined) {
      const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      const isRight = given !== undefined && timingSafeEqual(digest(given), this.#token);
      return isRight ? undefined : { status: 401, text: 'This needs the header Authorization: Bearer ADMIN_TOKEN.' };
    }
    // A web page in a browser on this machine may have its own name resolve to loopback.
    return this.#isNamed || isPlainHost(host)
      ? undefined
      : { status: 403, text: 'Ask by an IP address, or by localhost.' };
  }
}

/** Of the same length for every token, so that a comparison tells nothing of it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function isPlainHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name.toLowerCase() === 'localhost' || addressBytes(name) !== undefined;
}
