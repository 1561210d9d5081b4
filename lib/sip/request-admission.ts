import { hasSafeTarget } from '../drachtio/dialog-target';
import type { IncomingRequest } from '../drachtio/messages';
import { mustBeReadable } from '../drachtio/readable-request';
import { serverDialogId } from '../drachtio/server-dialog-id';
import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { hopsLeft, tokens } from './header-policy';
import type { ToldAddresses } from './own-addresses';
import { offeredBody } from './session-body';

/** Which requests are looked at at all (RFC 3261 §8.2, §16.3); whether their sender may make them comes after. */
export class RequestAdmission {
  readonly #own: ToldAddresses;
  readonly #toCore: ReadonlySet<string>;

  /** `toCore`: the server's ids of the dialogs that requests of ours start in the core. */
  constructor(own: ToldAddresses, toCore: ReadonlySet<string>) {
    this.#own = own;
    this.#toCore = toCore;
  }

  /** Whether a request outside a dialog came from a UE, be it worth serving or not. */
  isFromUe(request: IncomingRequest): boolean {
    return this.#own.sideOf(request.receivedOn) === 'access';
  }

  /** The side that a request came from. Throws what it deserves where it cannot be served. */
  sideOf(request: IncomingRequest): Side {
    const side = this.#own.sideOf(request.receivedOn);
    mustBeReadable(request);
    if (!side) throw new EdgeError('sip-unknown-contact', `${request.receivedOn ?? 'nowhere'} is no contact of ours.`);
    if (hopsLeft(request) <= 0) throw new EdgeError('sip-hops', 'There are no hops left.');
    if (!/^(sips?|tel|urn):/i.test(request.uri)) throw new EdgeError('sip-scheme', 'The URI is of no scheme of ours.');
    if (unmetOptions(request).length > 0) throw new EdgeError('sip-extension', 'The request requires what we lack.');
    if (this.#toCore.has(serverDialogId(request))) {
      const message = 'The core sent a request of ours back under the same Call-ID: set EGRESS_RELAY=always.';
      throw new EdgeError('sip-same-dialog', message);
    }
    return side;
  }

  /** As {@link sideOf}, for an INVITE that is to start a call. */
  sideOfCall(invite: IncomingRequest): Side {
    const side = this.sideOf(invite);
    if (hasToTag(invite)) throw new EdgeError('sip-no-dialog', 'There is no such call.');
    if (!hasSafeTarget(invite)) throw new EdgeError('sip-target', 'The Contact is no SIP URI.');
    if (!invite.get('contact')?.trim()) throw new EdgeError('sip-invalid', 'The INVITE has no Contact.');
    offeredBody(invite);
    return side;
  }
}

/** Whether a request names a dialog that it belongs to. */
export function hasToTag(request: IncomingRequest): boolean {
  return request.getParsedHeader('to').params['tag'] !== undefined;
}

/** What a request requires of proxies; sec-agree is what UEs ask of a P-CSCF (TS 24.229 §5.1.1.5.1). */
export function unmetOptions(request: IncomingRequest): string[] {
  return tokens(request.get('proxy-require')).filter((option) => option !== 'sec-agree');
}
