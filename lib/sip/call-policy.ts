import type { Headers, IncomingRequest } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';

/**
 * What the messages of one call undergo on their way to the other side, beside their SDP and the headers of
 * a hop: identities, charging, access network, and on which flow they may come.
 */
export interface CallPolicy {
  /** Headers of a request, the first or a later one, for the other side. */
  request(to: Side, headers: Headers): Headers;
  /** Headers of a response for the other side. */
  response(to: Side, headers: Headers): Headers;
  /** Whether a request inside the call came over a flow that the call belongs to; else it gets 403 (RFC 5626 §5.3). */
  admits(from: Side, request: IncomingRequest): boolean;
}
