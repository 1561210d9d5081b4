import type { CallTable } from '../calls/call-table';
import type { Srf } from '../drachtio/srf';
import type { MediaAnchor } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import type { ShareLimits } from '../shares/limits';
import type { RequestShares } from '../shares/request-shares';
import type { Egress } from './egress';
import type { Load } from './request-room';
import type { RegistrationStore } from './registration';
import type { UeConnections } from './ue-connections';
import type { SipTimers } from './sip-edge';
import type { EmergencySettings } from './emergency';
import type { MoreHeaders } from './header-table';
import type { AccessNetworkInfo } from './trust';

export interface PcscfSettings {
  /** Where UEs reach the SIP server, in the manner of drachtio: `sip:198.51.100.1:5060;transport=udp,tcp`. */
  accessContacts: string[];
  /** Where UEs reach the access listener, in the same manner. */
  publicContacts: string[];
  /** Where the core reaches us; the first goes into Path. */
  coreContacts: string[];
  /** SIP URI that requests of UEs are sent to: REGISTER, and what has no Service-Route. */
  coreNextHop: string;
  /** Whether all that goes to the core, and comes from there for a UE, goes by the relay; else what has a Service-Route. */
  relayAlways: boolean;
  /** Whether a call has the same Call-ID in the core as here, unless it goes along a Service-Route: for a core that is no proxy. */
  keepsCallIds: boolean;
  /** The first signs flow tokens, all verify. */
  flowTokenKeys: string[];
  /** Name of this network for P-Visited-Network-ID (RFC 7315 §4.3); undefined: none is sent. */
  visitedNetworkId: string | undefined;
  /** Value of `integrity-protected` in a UE's Authorization; undefined: none. */
  integrityProtected: string | undefined;
  /** P-Access-Network-Info of UEs: `pass`, `remove`, or the value to send instead. */
  accessNetworkInfo: AccessNetworkInfo;
  /** Headers that pass besides those of the table, by the side that they go to. */
  moreHeaders: MoreHeaders;
  emergency: EmergencySettings;
  /** Whether a call ends when nothing comes from its UE on a stream any more. */
  releaseOnMediaLoss: boolean;
  timers?: Partial<SipTimers>;
}

export interface PcscfOptions {
  srf: Srf;
  anchor: MediaAnchor;
  calls: CallTable;
  registrations: RegistrationStore;
  egress: Egress;
  /** The access listener, where there is one. */
  connections?: UeConnections | undefined;
  settings: PcscfSettings;
  /** What UEs may take. */
  shares: ShareLimits;
  /** The rates of requests, which the access listener counts on as well. */
  requests: RequestShares;
  /** Whether there is time for new calls and registrations; default: there always is. */
  load?: Load;
  logger: Logger;
}
