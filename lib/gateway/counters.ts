import type { CheckFault } from '../ice/lite-agent';
import type { PacketKind } from './first-byte';

/**
 * Why a connection ended. A {@link CheckFault}: its first frame was no authenticated check (C3, D9). `replay`: that
 * was another connection's. `other-selected`: not the one that the UE uses (E1). `silent`: nothing came (E4).
 */
export type CloseReason =
  | CheckFault
  | 'http'
  | 'frame-too-long'
  | 'authentication-timeout'
  | 'address-limit'
  | 'unauthenticated-limit'
  | 'connection-limit'
  | 'stream-limit'
  | 'stream-ended'
  | 'nomination-failed'
  | 'replay'
  | 'other-selected'
  | 'silent'
  | 'not-reading'
  | 'peer'
  | 'socket-error'
  | 'shutdown';

/**
 * Why a packet was dropped: `not-selected` waited in vain for the selection of the UE's connection (C11), `first-byte`
 * is neither ICE nor media (D2), `control-text` text that commands a service (N1), `queue-…` waited too long for a slow
 * UE (E7) or for the selection, `anchor-queue` toward the anchor, `anchor-overflow` from it: its packets came faster
 * than they were taken (the native plane alone can tell). `connection-ended`: waited for the UE when its connection
 * ended.
 */
export type DropReason =
  | 'not-selected'
  | 'first-byte'
  | 'control-text'
  | 'queue-age'
  | 'queue-bytes'
  | 'anchor-queue'
  | 'anchor-source'
  | 'anchor-overflow'
  | 'connection-ended';

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
  /** Connections that were ever accepted. */
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
    closes: {
      short: 0,
      'first-bits': 0,
      cookie: 0,
      length: 0,
      attribute: 0,
      fingerprint: 0,
      method: 0,
      class: 0,
      'no-credentials': 0,
      'unknown-ufrag': 0,
      'bad-integrity': 0,
      http: 0,
      'frame-too-long': 0,
      'authentication-timeout': 0,
      'address-limit': 0,
      'unauthenticated-limit': 0,
      'connection-limit': 0,
      'stream-limit': 0,
      'stream-ended': 0,
      'nomination-failed': 0,
      replay: 0,
      'other-selected': 0,
      silent: 0,
      'not-reading': 0,
      peer: 0,
      'socket-error': 0,
      shutdown: 0,
    },
    fromUe: newTraffic(),
    toUe: newTraffic(),
    toAnchor: newTraffic(),
    fromAnchor: newTraffic(),
    drops: {
      'not-selected': 0,
      'first-byte': 0,
      'control-text': 0,
      'queue-age': 0,
      'queue-bytes': 0,
      'anchor-queue': 0,
      'anchor-source': 0,
      'anchor-overflow': 0,
      'connection-ended': 0,
    },
    acceptErrors: 0,
    anchorErrors: 0,
  };
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
