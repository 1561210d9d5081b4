import type { TransportAddress } from '../ice/transport-address';
import type { AddressFamily } from '../ip-address';
import type { LinePlace } from './line-place';

/** Of who connects and does not listen (RFC 4145 §4), and of a line with ICE that has no default yet (RFC 8839 §4.2.5). */
export const discardPort = 9;

/**
 * Loopback and the discard port, where nobody listens: what rtpengine is shown of a side that it is to send nothing to
 * yet. Of the family that rtpengine is to take for its own address.
 */
export function discardPlace(family: AddressFamily): LinePlace {
  return { address: family === 'IP6' ? '::1' : '127.0.0.1', port: discardPort, rtcp: undefined };
}

/** Whether rtpengine, which tells this as where it sends to, has no other place yet. */
export function isDiscardPlace(place: TransportAddress): boolean {
  return place.port === discardPort && ['127.0.0.1', '::1'].includes(place.address);
}
