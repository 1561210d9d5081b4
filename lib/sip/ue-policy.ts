import type { Headers, IncomingRequest } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';
import type { CallPolicy } from './call-policy';
import { fromUe, towardUe, type AccessNetworkInfo } from './trust';

export interface UePolicyOptions {
  /** The UE's identity, as a name-addr, for the core; undefined: none is asserted. */
  asserted: string | undefined;
  /** For all that goes to the core (TS 24.229 §5.2.7). */
  chargingVector: string;
  accessNetworkInfo: AccessNetworkInfo;
  /** Whether a request inside the call came on a flow of the UE. */
  admitsUe: (request: IncomingRequest) => boolean;
}

/** What the messages between one UE and the core undergo, in a call or outside (TS 24.229 §5.2.6, §5.2.7). */
export function uePolicy({ asserted, chargingVector, accessNetworkInfo, admitsUe }: UePolicyOptions): CallPolicy {
  const toCore = (headers: Headers): Headers => ({
    ...fromUe(headers, accessNetworkInfo),
    ...(asserted !== undefined && { 'P-Asserted-Identity': asserted }),
    'P-Charging-Vector': chargingVector,
  });
  const pass = (to: Side, headers: Headers) => (to === 'core' ? toCore(headers) : towardUe(headers));
  return {
    request: pass,
    response: pass,
    admits: (from, request) => from === 'core' || admitsUe(request),
  };
}
