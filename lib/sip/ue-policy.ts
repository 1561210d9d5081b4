import type { Headers, IncomingRequest } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';
import { fromUe, towardUe, type AccessNetworkInfo } from './trust';

/**
 * What the messages between one UE and the core undergo, in a call or outside, beside their SDP and the headers of a
 * hop: identities, charging, access network (TS 24.229 §5.2.6, §5.2.7), and on which flow they may come.
 */
export interface UePolicy {
  /** Headers of a request, the first or a later one, for the other side. */
  request(to: Side, headers: Headers): Headers;
  /** Headers of a response for the other side. */
  response(to: Side, headers: Headers): Headers;
  /** Whether a request inside a dialog came over the UE's flow; else it gets 403 (RFC 5626 §5.3). */
  admits(from: Side, request: IncomingRequest): boolean;
}

export interface UePolicyOptions {
  /** The UE's identity, as a name-addr, for the core; undefined: none is asserted. */
  asserted: string | undefined;
  /** For all that goes to the core. */
  chargingVector: string;
  accessNetworkInfo: AccessNetworkInfo;
  /** Whether a request came on the UE's flow. */
  isOnFlow: (request: IncomingRequest) => boolean;
}

export function uePolicy({ asserted, chargingVector, accessNetworkInfo, isOnFlow }: UePolicyOptions): UePolicy {
  const toCore = (headers: Headers): Headers => ({
    ...fromUe(headers, accessNetworkInfo),
    ...(asserted !== undefined && { 'P-Asserted-Identity': asserted }),
    'P-Charging-Vector': chargingVector,
  });
  const pass = (to: Side, headers: Headers) => (to === 'core' ? toCore(headers) : towardUe(headers));
  return {
    request: pass,
    response: pass,
    admits: (from, request) => from === 'core' || isOnFlow(request),
  };
}
