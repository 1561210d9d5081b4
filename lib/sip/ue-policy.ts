import type { Headers, IncomingRequest } from '../drachtio/messages';
import { carriageOf } from '../drachtio/fence/carried-bodies';
import type { Side } from '../media/media-anchor';
import type { Flow } from './flow-token';
import type { MessageKind } from './header-table';
import { withShownIdentities, type IdentityHosts } from './shown-identities';
import type { Routing } from './target';
import { fromUe, towardUe } from './trust';
import { isOnFlow } from './ue-connections';

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
  /** The UE's. */
  flow: Flow;
  /** The UE's identity, as a name-addr, for the core; undefined: none is asserted. */
  asserted: string | undefined;
  /** For all that goes to the core. */
  chargingVector: string;
  /** Undefined: the UE is shown what the core writes. */
  identityHosts?: IdentityHosts | undefined;
  /** Whether what goes to the core goes by the relay, which carries bodies past the SIP server. */
  isRelayed: boolean;
  /** Whose share the bodies take that are carried, in both directions: the UE's. */
  holder: string;
}

export function uePolicy({ table, settings, connections }: Routing, options: UePolicyOptions): UePolicy {
  const { flow, asserted, chargingVector, identityHosts, isRelayed, holder } = options;
  const toCore = (kind: MessageKind, headers: Headers): Headers => ({
    ...fromUe(table, kind, headers, settings.accessNetworkInfo),
    ...(asserted !== undefined && { 'P-Asserted-Identity': asserted }),
    'P-Charging-Vector': chargingVector,
  });
  const toUe = (kind: MessageKind, headers: Headers): Headers => {
    const passed = towardUe(table, kind, headers);
    return identityHosts ? withShownIdentities(passed, identityHosts) : passed;
  };
  // The access listener does so toward the UE.
  const carried = { access: flow.connection !== undefined, core: isRelayed };
  const carriage = (to: Side) => carriageOf(carried[to], holder);
  const pass = (to: Side, kind: MessageKind, headers: Headers) => ({
    ...(to === 'core' ? toCore(kind, headers) : toUe(kind, headers)),
    ...carriage(to),
  });
  return {
    request: (to, headers) => pass(to, 'request', headers),
    response: (to, headers) => pass(to, 'response', headers),
    carriage,
    admits: (from, request) => from === 'core' || isOnFlow(request, flow, connections),
  };
}
