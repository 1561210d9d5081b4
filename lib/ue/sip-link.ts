import { randomBytes } from 'node:crypto';
import { Srf } from '../drachtio/srf';
import { EmbeddedEdge } from '../embedded/embedded-edge';
import type { Outbound } from '../embedded/outbound';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';

export interface SipLinkOptions {
  /** SIP URIs to listen at, such as `sip:203.0.113.2:0;transport=tcp`. */
  contacts: string[];
  /** The one way out; unless given, each request goes by its next hop. */
  outbound?: Outbound | undefined;
  logger: Logger;
}

/** The SIP of a UE or core phone: an embedded edge of its own, in this process, and the link to it. */
export class SipLink {
  readonly srf: Srf;
  /** `transport/address:port` of each contact, with the real ports. */
  readonly contacts: readonly string[];
  readonly #edge: EmbeddedEdge;

  private constructor(edge: EmbeddedEdge, srf: Srf, contacts: readonly string[]) {
    this.#edge = edge;
    this.srf = srf;
    this.contacts = contacts;
  }

  /** `handlers` registers what is to be received. Rejects with `sip-unusable`. */
  static async open({ contacts, outbound, logger }: SipLinkOptions, handlers: (srf: Srf) => void): Promise<SipLink> {
    const secret = randomBytes(16).toString('hex');
    const admin = { host: '127.0.0.1', port: 0 };
    const edge = await EmbeddedEdge.start({ contacts, outbound, admin, secret, logger }).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EdgeError('sip-unusable', `SIP cannot be opened: ${reason}`, { cause });
    });
    const srf = new Srf({ host: admin.host, port: edge.adminPort, secret });
    srf.on('error', (error) => logger.warn({ err: error }, error.message));
    handlers(srf);
    try {
      const bound = await new Promise<string[]>((resolve, reject) => {
        srf.once('connect', resolve);
        srf.once('error', reject);
        srf.connect();
      });
      return new SipLink(edge, srf, bound);
    } catch (error) {
      srf.close();
      await edge.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.srf.close();
    await this.#edge.close();
  }
}
