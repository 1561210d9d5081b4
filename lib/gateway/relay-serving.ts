import type { TransportAddress } from '../ice/transport-address';
import type { CheckFault } from '../ice/lite-agent';
import type { AvoidedPorts, RelayPeer } from './forwarding-plane';

/** What control of TURN may do with one connection; the methods of the forwarding plane, bound to it. */
export interface RelayLink {
  send(message: Buffer): void;
  openRelay(toward: string, avoid: AvoidedPorts): void;
  closeRelay(): void;
  permit(peer: RelayPeer): void;
  forbid(named: TransportAddress): void;
  relay(named: TransportAddress, data: Buffer): void;
  /** Whether the connection has a relayed address: one that has none for a while is closed. */
  allocated(hasRelay: boolean): void;
  close(reason: RelayCloseReason): void;
}

/** Why control of TURN closes a connection: a message that is none, too many wrong credentials, or too much to look at. */
export type RelayCloseReason = CheckFault | (typeof relayCloseReasons)[number];

export const relayCloseReasons = ['relay-credentials', 'relay-flood'] as const;

/** Control of TURN on one connection. */
export interface RelaySession {
  /** A frame, as `controlFrame` of the plane tells it; what follows waits until this returns. */
  received(message: Buffer): void;
  /** What came of `openRelay`. */
  relayed(address: TransportAddress | undefined): void;
  /** The connection is gone. */
  ended(): void;
}

/** Control of TURN on all connections. */
export interface RelayServing {
  /** @param remote of the UE */
  open(link: RelayLink, remote: TransportAddress): RelaySession;
  /** Ends what has expired; to be called every few seconds. */
  sweep(): void;
}
