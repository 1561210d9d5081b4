import type { Srf } from '../drachtio/srf';
import type { OccasionalLog } from '../ops/occasional-log';
import type { TokenBuckets } from '../shares/token-buckets';
import type { CoreRequests } from './core-requests';
import type { DialogIndex } from './dialog-index';
import type { Egress } from './egress';
import type { Farewell, Farewells } from './farewells';

/** What all of a P-CSCF's calls share. */
export interface SipEdge {
  srf: Srf;
  /** Names this edge in Warning headers (RFC 3261 §20.43): its host. */
  agent: string;
  timers: SipTimers;
  dialogs: DialogIndex;
  /** The server's ids of the dialogs that INVITEs of ours started in the core. */
  toCore: Set<string>;
  coreRequests: CoreRequests;
  /** Provisional responses, by call. */
  progress: TokenBuckets;
  /** BYEs of ours that are not answered yet, each with what tells its far end where the SIP server is lost. */
  byes: Map<Promise<unknown>, Farewell | undefined>;
  farewells: Farewells;
  egress: Egress;
  occasionally: OccasionalLog;
  /** Whether a call ends when nothing comes from its UE on a stream any more. */
  releaseOnMediaLoss: boolean;
}

/** All in ms. */
export const sipTimers = {
  /** How long an INVITE, the first or a later one, may stay unanswered: above the 3 minutes of RFC 3261 §16.8. */
  ringing: 185_000,
  /** How long a reliable provisional response may stay without PRACK. */
  prack: 20_000,
  /** How long a final response waits for that PRACK: beyond the 64·T1 after which the server gives up (RFC 3262 §3). */
  prackGivenUp: 33_000,
  /** How long a 200 to a re-INVITE may stay without ACK (RFC 3261 §13.3.1.4: 64·T1). */
  ack: 32_000,
  /** How long until media that rtpengine did not put back is tried again, at first. */
  rollback: 1000,
  /** How long a second of a session interval (RFC 4028) lasts: 1000, but in tests. */
  sessionSecond: 1000,
  /** How long the edge, when it is closed, waits for the answers to its BYEs: UEs' connections end with it. */
  bye: 2000,
};

export type SipTimers = Readonly<typeof sipTimers>;
