import { EdgeError } from '../errors';
import type { IncomingRequest, SipMessage } from '../drachtio/messages';
import type { FinalResponse, RequestOptions } from '../drachtio/srf';
import type { Side } from '../media/media-anchor';
import { splitOutsideQuotes, uriOf } from '../wire/sip-uri';
import type { Way } from './egress';
import { beyondRelay } from './relayed';
import type { SipEdge } from './sip-edge';
import { flowUri } from './flow-token';

/**
 * The early dialog of a caller. drachtio-server sends nothing inside it, so requests go as if they belonged to no
 * dialog, with its identifiers (RFC 3261 §12.2.1.1) and by the way that the INVITE came.
 */
export class EarlyCaller {
  readonly #edge: SipEdge;
  readonly #uri: string;
  readonly #way: () => Way;
  readonly #identifiers: Record<string, string>;
  readonly #lastCSeq: number;
  #nextCSeq: number;

  /**
   * `progress` is the 18x that made it, as it was sent. Undefined where no way leads back: the server sends no Route
   * outside of dialogs, for which there is a relay on the core's side alone, and dies of a tel URI.
   */
  static of(edge: SipEdge, side: Side, invite: IncomingRequest, progress: SipMessage): EarlyCaller | undefined {
    const uri = invite.getParsedHeader('contact')[0]?.uri ?? '';
    if (!/^sip:/i.test(uri)) return undefined;
    const recorded = splitOutsideQuotes(invite.get('record-route') ?? '', ',');
    const routes = beyondRelay(recorded, edge.egress);
    const [first] = routes;
    if (routes.length < recorded.length) {
      const nextHop = first === undefined ? uri : uriOf(first);
      return new EarlyCaller(edge, invite, progress, uri, () => edge.egress.send({ nextHop, routes }));
    }
    const { source_address: address, source_port: port, protocol } = invite;
    const proxy = flowUri({ transport: protocol === 'udp' ? 'udp' : 'tcp', address, port });
    // The access listener's own route names the connection that the INVITE came on.
    const isSource = first !== undefined && routes.length === 1 && uriOf(first).startsWith(`${proxy};`);
    if (first === undefined || isSource) {
      return new EarlyCaller(edge, invite, progress, uri, () => ({ proxy, headers: {} }));
    }
    if (side === 'access') return undefined;
    return new EarlyCaller(edge, invite, progress, uri, () => edge.egress.send({ nextHop: uriOf(first), routes }));
  }

  private constructor(edge: SipEdge, invite: IncomingRequest, progress: SipMessage, uri: string, way: () => Way) {
    this.#edge = edge;
    this.#uri = uri;
    this.#way = way;
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
      throw new EdgeError('sip-unsent', message, { retryAfter: 5 });
    }
    const { proxy, headers: notes } = this.#way();
    const cseq = `${this.#nextCSeq++} ${method}`;
    const options = { method, headers: { ...headers, ...notes, ...this.#identifiers, CSeq: cseq }, proxy };
    return { response: await this.#edge.srf.send(this.#uri, body ? { ...options, body } : options) };
  }
}
