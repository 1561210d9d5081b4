import type { AvoidedPorts } from '../gateway/forwarding-plane';
import type { IceCredentials } from '../ice/credentials';
import type { TransportAddress } from '../ice/transport-address';
import type { AddressFamily } from '../ip-address';
import type { AuthenticationFault } from './authentication';
import type { Claim, TurnCredentials } from './credentials';
import type { TurnLimits } from './limits';
import type { TurnError } from './turn-message';
import type { TurnSession } from './turn-session';

/** Why data or a message of a connection leads nowhere. */
export type RelayDrop = 'no-allocation' | 'no-permission' | 'forbidden-peer' | 'malformed' | 'too-many-peers';

/** What one connection asks of what all have in common. */
export interface TurnContext {
  readonly credentials: TurnCredentials;
  readonly limits: TurnLimits;
  /** ms, rising. */
  now(): number;
  /** s since the epoch. */
  readonly wallClock: () => number;
  /** Where rtpengine is bound toward UEs; undefined: not in that family. */
  toward(family: AddressFamily): string | undefined;
  /** Where rtpengine is bound if it advertises another address. */
  boundAt(advertised: string): string;
  /** Whether rtpengine has ports for UEs there. */
  isAnchor(address: string): boolean;
  /** Whether that is a port that rtpengine has open for a call of this user, or with a shared claim of any (M2). */
  mayReach(claim: Claim, peer: TransportAddress): boolean;
  /** The ICE credentials that the UE was told with that port. */
  iceAt(peer: TransportAddress): IceCredentials | undefined;
  /** Why there is no relayed address more for it; undefined: it is counted from now on, until `release`. */
  take(session: TurnSession, claim: Claim): 486 | 508 | undefined;
  release(session: TurnSession): void;
  /** Ports that a new relayed address must not have. */
  avoid(session: TurnSession): AvoidedPorts;
  /** It has the relayed address. */
  opened(session: TurnSession, relayed: TransportAddress): void;
  /** Data passes to a peer, until `forgotten`. */
  reached(session: TurnSession, peer: TransportAddress): void;
  left(session: TurnSession, peer: TransportAddress): void;
  /** Credentials were wrong. False: they are not to be answered. */
  mayBeRefused(session: TurnSession, fault: AuthenticationFault): boolean;
  refused(session: TurnSession, method: number, error: TurnError): void;
  dropped(session: TurnSession, why: RelayDrop, peer?: TransportAddress): void;
}
