import type { Headers, IncomingRequest } from '../drachtio/messages';
import { carriageOf } from '../drachtio/fence/carried-bodies';
import type { Side } from '../media/media-anchor';
import type { HeaderTable, MessageKind } from './header-table';
import { withShownIdentities, type IdentityHosts } from './shown-identities';
import { fromUe, towardUe, type AccessNetworkInfo } from './trust';

/**
 * What the messages between one UE and the core undergo, in a call or outside, beside their SDP and the headers of a
 * hop: which headers pass, identities, charging, access network (TS 24.229 §5.2.6, §5.2.7), and on which flow they may
 * come.
 */
export interface UePolicy {
  /** Headers of a request, the first or a later one, for the other side. */
  request(to: Side, headers: Headers): Headers;
  /** Headers of a response for the other side. */
  response(to: Side, headers: Headers): Headers;
  /** What a message for a side has to carry besides: a note to the link of how its body passes the SIP server. */
  carriage(to: Side): Headers;
  /** Whether a request inside a dialog came over the UE's flow; else it gets 403 (RFC 5626 §5.3). */
  admits(from: Side, request: IncomingRequest): boolean;
}

export interface UePolicyOptions {
  table: HeaderTable;
  /** The UE's identity, as a name-addr, for the core; undefined: none is asserted. */
  asserted: string | undefined;
  /** For all that goes to the core. */
  chargingVector: string;
  accessNetworkInfo: AccessNetworkInfo;
  /** Undefined: the UE is shown what the core writes. */
  identityHosts?: IdentityHosts | undefined;
  /** Toward which sides bodies are carried past the SIP server: those where the access listener, or the relay, is. */
  carried: Readonly<Record<Side, boolean>>;
  /** Whose share the bodies take that are carried, in both directions: the UE's. */
  holder: string;
  /** Whether a request came on the UE's flow. */
  isOnFlow: (request: IncomingRequest) => boolean;
}

export function uePolicy(options: UePolicyOptions): UePolicy {
  const { table, asserted, chargingVector, accessNetworkInfo, identityHosts, carried, holder, isOnFlow } = options;
  const toCore = (kind: MessageKind, headers: Headers): Headers => ({
    ...fromUe(table, kind, headers, accessNetworkInfo),
    ...(asserted !== undefined && { 'P-Asserted-Identity': asserted }),
    'P-Charging-Vector': chargingVector,
  });
  const toUe = (kind: MessageKind, headers: Headers): Headers => {
    const passed = towardUe(table, kind, headers);
    return identityHosts ? withShownIdentities(passed, identityHosts) : passed;
  };
  const carriage = (to: Side) => carriageOf(carried[to], holder);
  const pass = (to: Side, kind: MessageKind, headers: Headers) => ({
    ...(to === 'core' ? toCore(kind, headers) : toUe(kind, headers)),
    ...carriage(to),
  });
  return {
    request: (to, headers) => pass(to, 'request', headers),
    response: (to, headers) => pass(to, 'response', headers),
    carriage,
    admits: (from, request) => from === 'core' || isOnFlow(request),
  };
}
