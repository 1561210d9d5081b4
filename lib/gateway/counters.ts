import { checkFaults, type CheckFault } from '../ice/lite-agent';
import type { PacketKind } from './first-byte';
import { relayCloseReasons } from './relay-serving';

/**
 * Why a connection ended. A {@link CheckFault}: its first frame was no authenticated check (C3, D9). `replay`: that
 * was another connection's. `strange-opening`: nothing that this port takes; `proxy-header`: a trusted proxy sent none.
 * `broken-framing`: neither STUN nor ChannelData where TURN has one of them; `relay-credentials`: too many wrong ones of
 * TURN; `relay-flood`: too much for control of TURN to look at.
 * `handed-over`: it is no media, and goes on elsewhere. `other-selected`: not the one that the UE uses (E1). `silent`: nothing came (E4).
 */
export type CloseReason = CheckFault | (typeof closeReasons)[number];

const closeReasons = [
  'strange-opening',
  'proxy-header',
  'handed-over',
  'frame-too-long',
  'broken-framing',
  'authentication-timeout',
  'address-limit',
  'unauthenticated-limit',
  'connection-limit',
  'stream-limit',
  'stream-ended',
  'nomination-failed',
  'replay',
  'other-selected',
  'silent',
  'not-reading',
  'peer',
  'socket-error',
  'shutdown',
  ...relayCloseReasons,
] as const;

/**
 * Why a packet was dropped: `not-selected` waited in vain for the selection of the UE's connection (C11), `first-byte`
 * is neither ICE nor media (D2), `control-text` text that commands a service (N1), `queue-…` waited too long for a slow
 * UE (E7) or for the selection, `anchor-queue` toward the anchor, `anchor-overflow` from it: its packets came faster
 * than they were taken (the native plane alone can tell). `not-permitted`: of TURN, to a peer that control does not
 * permit or by a channel that is not bound, `relay-taken` to one that another UE has by the same port of ours (M2).
 * `connection-ended`: waited for the UE when its connection
 * ended.
 */
export type DropReason = (typeof dropReasons)[number];

export const dropReasons = [
  'not-selected',
  'first-byte',
  'control-text',
  'queue-age',
  'queue-bytes',
  'anchor-queue',
  'anchor-source',
  'anchor-overflow',
  'not-permitted',
  'relay-taken',
  'connection-ended',
] as const;

/** Packets in one direction, by kind, and their bytes without the framing. */
export interface Traffic {
  stun: number;
  dtls: number;
  rtp: number;
  rtcp: number;
  bytes: number;
}

/** What the forwarding plane counts. */
export interface PlaneCounters {
  /** Connections that were ever accepted; one that comes back out of TLS is once more. */
  accepted: number;
  /** Connections that are open. */
  open: number;
  closes: Record<CloseReason, number>;
  /** Frames received from UEs, and frames written to them. */
  fromUe: Traffic;
  toUe: Traffic;
  /** Datagrams sent to rtpengine, and received from it. */
  toAnchor: Traffic;
  fromAnchor: Traffic;
  drops: Record<DropReason, number>;
  /** Connections that could not be accepted, mostly for want of file descriptors. */
  acceptErrors: number;
  /** Faults of the sockets toward rtpengine, such as ECONNREFUSED after it gave up the call. */
  anchorErrors: number;
}

/**
 * Nominations toward rtpengine. `repeated` counts requests that were sent again, `raised` nominations because rtpengine
 * sent the media elsewhere.
 */
export interface NominationCounters {
  started: number;
  repeated: number;
  succeeded: number;
  failed: number;
  refused: number;
  raised: number;
}

/** The state of the gateway as plain numbers. */
export interface GatewayCounters extends PlaneCounters {
  streams: number;
  /** Open connections that authenticated. */
  authenticated: number;
  /** Streams whose selected connection is open. */
  selected: number;
  checks: { accepted: number; rejected: number; ignored: number };
  nominations: NominationCounters;
}

export function newPlaneCounters(): PlaneCounters {
  return {
    accepted: 0,
    open: 0,
    closes: zeros([...checkFaults, ...closeReasons]),
    fromUe: newTraffic(),
    toUe: newTraffic(),
    toAnchor: newTraffic(),
    fromAnchor: newTraffic(),
    drops: zeros(dropReasons),
    acceptErrors: 0,
    anchorErrors: 0,
  };
}

/** What two planes counted together. */
export function sumOf(one: Readonly<PlaneCounters>, other: Readonly<PlaneCounters>): PlaneCounters {
  return sumOfAll(one as unknown as Counts, other as unknown as Counts) as unknown as PlaneCounters;
}

interface Counts {
  [name: string]: number | Counts;
}

function sumOfAll(one: Counts, other: Counts): Counts {
  const sums = Object.entries(one).map(([name, value]) => {
    const more = other[name];
    if (typeof value === 'number') return [name, value + (more as number)] as const;
    return [name, sumOfAll(value, more as Counts)] as const;
  });
  return Object.fromEntries<number | Counts>(sums);
}

/** Counts one packet; `other` is never carried, and only counted where it is dropped. */
export function countPacket(traffic: Traffic, kind: PacketKind, bytes: number): void {
  if (kind === 'other') return;
  traffic[kind] += 1;
  traffic.bytes += bytes;
}

function newTraffic(): Traffic {
  return { stun: 0, dtls: 0, rtp: 0, rtcp: 0, bytes: 0 };
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
