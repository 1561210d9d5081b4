import type { AddressFamily } from '../ip-address';
import type { Way } from '../egress/errand';
import { flowKey, type Flow } from './flow-token';
import type { Egress } from './egress';
import type { HeaderTable } from './header-table';
import type { ToldAddresses } from './own-addresses';
import type { PcscfSettings } from './pcscf-settings';
import type { Registrar } from './registrar';
import type { UeConnections } from './ue-connections';
import type { UePolicy } from './ue-policy';

/** What says where the messages of UEs and for them go, and what they undergo. */
export interface Routing {
  settings: PcscfSettings;
  own: ToldAddresses;
  registrar: Registrar;
  connections: UeConnections;
  egress: Egress;
  table: HeaderTable;
}

/** Where a request that starts something goes: a call, a subscription, or an exchange of its own. */
export interface Target {
  /** Request-URI. */
  uri: string;
  /** To be asked right before the request is sent: the relay waits for what it was told to expect, within a bound. */
  way: () => Way;
  /** What it and all that follows undergo. */
  policy: UePolicy;
  /** The UE's. */
  flow: Flow;
  /** The identity that the UE registered; undefined: it is not registered. */
  ue: string | undefined;
  /** All names of its user, as `accountNamed` writes them. */
  users: readonly string[];
  /** The address family that the core speaks SIP on; resolves with undefined where that is not known. */
  coreFamily: () => Promise<AddressFamily | undefined>;
  /** The UE need not be registered for such a call. */
  isEmergency: boolean;
}

/** Whom what it starts is charged to: the UE's connection, and the identity that it registered. */
export function sharesOf({ flow, ue }: Target): string[] {
  return ue === undefined ? [flowKey(flow)] : [flowKey(flow), ue];
}
