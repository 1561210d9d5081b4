import { EdgeError } from '../errors';
import type { Headers, IncomingRequest, ParsedMessage } from './messages';
import type { FinalResponse, RequestOptions, Srf } from './srf';

/** CSeqs below that of the INVITE that are used for requests in its early dialog. */
const mostRequests = 100;

/**
 * The early dialog of a caller. drachtio-server knows a dialog of a UAS from its 2xx on, and sends nothing inside it before
 * [2.2]: so requests go as if they belonged to no dialog, with its identifiers (RFC 3261 §12.2.1.1).
 */
export class CallerEarlyDialog {
  readonly #srf: Srf;
  readonly #uri: string;
  readonly #way: () => { proxy: string; headers: Headers };
  readonly #identifiers: Headers;
  readonly #lastCSeq: number;
  #nextCSeq: number;

  /**
   * @param progress the 18x that made it, as it was sent
   * @param uri the caller's Contact
   * @param way asked right before each request
   */
  constructor(
    srf: Srf,
    { invite, progress }: { invite: IncomingRequest; progress: ParsedMessage },
    uri: string,
    way: () => { proxy: string; headers: Headers },
  ) {
    this.#srf = srf;
    this.#uri = uri;
    this.#way = way;
    this.#identifiers = {
      From: progress.get('to') ?? '',
      To: invite.get('from') ?? '',
      'Call-ID': invite.get('call-id') ?? '',
    };
    // The server counts on from the caller's number [2.4]: what is sent before must stay below.
    this.#lastCSeq = invite.getParsedHeader('cseq').seq;
    this.#nextCSeq = Math.max(0, this.#lastCSeq - mostRequests);
  }

  /** Rejects where it cannot be sent, and with `sip-unsent` (500) once there is no number for it any more. */
  async request({ method, headers, body }: RequestOptions): Promise<FinalResponse> {
    if (this.#nextCSeq > this.#lastCSeq) {
      const message = 'No more requests can be sent to a caller before its call is answered.';
      throw new EdgeError('sip-unsent', message, { retryAfter: 5 });
    }
    const { proxy, headers: notes } = this.#way();
    const cseq = `${this.#nextCSeq++} ${method}`;
    const options = { method, headers: { ...headers, ...notes, ...this.#identifiers, CSeq: cseq }, proxy };
    return { response: await this.#srf.send(this.#uri, body ? { ...options, body } : options) };
  }
}
