import { EdgeError } from '../errors';
import type { IncomingRequest, SipMessage } from '../drachtio/messages';
import type { FinalResponse, RequestOptions, Srf } from '../drachtio/srf';

/**
 * The early dialog of a caller. drachtio-server sends nothing inside it, so requests go as if they belonged to no
 * dialog, with its identifiers (RFC 3261 §12.2.1.1) and by the way that the INVITE came.
 */
export class EarlyCaller {
  readonly #srf: Srf;
  readonly #uri: string;
  readonly #proxy: string;
  readonly #identifiers: Record<string, string>;
  readonly #lastCSeq: number;
  #nextCSeq: number;

  /**
   * `progress` is the 18x that made it, as it was sent. Undefined where no way leads back: the server sends no Route
   * outside of dialogs, and dies of a tel URI.
   */
  static of(srf: Srf, invite: IncomingRequest, progress: SipMessage): EarlyCaller | undefined {
    const uri = invite.getParsedHeader('contact')[0]?.uri ?? '';
    return /^sip:/i.test(uri) && !invite.has('record-route') ? new EarlyCaller(srf, invite, progress, uri) : undefined;
  }

  private constructor(srf: Srf, invite: IncomingRequest, progress: SipMessage, uri: string) {
    const { source_address: address, source_port: port, protocol } = invite;
    this.#srf = srf;
    this.#uri = uri;
    this.#proxy = `sip:${address.includes(':') ? `[${address}]` : address}:${port};transport=${protocol}`;
    this.#identifiers = {
      From: progress.get('to') ?? '',
      To: invite.get('from') ?? '',
      'Call-ID': invite.get('call-id') ?? '',
    };
    // The server counts on from the caller's number: what is sent before must stay below.
    this.#lastCSeq = invite.getParsedHeader('cseq').seq;
    this.#nextCSeq = Math.max(0, this.#lastCSeq - 100);
  }

  /** Rejects where it cannot be sent, and with `sip-unsent` (500) once there is no number for it any more. */
  async request({ method, headers, body }: RequestOptions): Promise<FinalResponse> {
    if (this.#nextCSeq > this.#lastCSeq) {
      const message = 'No more requests can be sent to a caller before its call is answered.';
      throw new EdgeError('sip-unsent', message, { sipStatus: 500, retryAfter: 5 });
    }
    const cseq = `${this.#nextCSeq++} ${method}`;
    const options = { method, headers: { ...headers, ...this.#identifiers, CSeq: cseq }, proxy: this.#proxy };
    return { response: await this.#srf.send(this.#uri, body ? { ...options, body } : options) };
  }
}
