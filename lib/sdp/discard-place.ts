import type { TransportAddress } from '../ice/transport-address';
import type { AddressFamily } from '../ip-address';
import type { LinePlace } from './line-place';

const port = 9;

/**
 * Loopback and the discard port, where nobody listens: what rtpengine is shown of a side that it is to send nothing to
 * yet. Of the family that rtpengine is to take for its own address.
 */
export function discardPlace(family: AddressFamily): LinePlace {
  return { address: family === 'IP6' ? '::1' : '127.0.0.1', port, rtcp: undefined };
}

/** Whether rtpengine, which tells this as where it sends to, has no other place yet. */
export function isDiscardPlace(place: TransportAddress): boolean {
  return place.port === port && ['127.0.0.1', '::1'].includes(place.address);
}
