import type { Rate } from '../shares/token-buckets';

/** What a client may take, and for how long what it took lasts. Times in ms. */
export interface TurnLimits {
  /** Relayed addresses at once. */
  allocations: number;
  /** Of one user: one for each component of each stream, of several devices. */
  allocationsOfUser: number;
  /** From one IPv4 address or IPv6 /64: a NAT with hundreds of UEs. */
  allocationsOfSource: number;
  /** Of one allocation. A peer is a port of rtpengine; permissions are for its addresses. */
  permissions: number;
  channels: number;
  peers: number;
  /** Requests on one connection whose credentials are wrong. */
  wrongCredentials: number;
  /** Requests from one place whose credentials are wrong and that are answered; beyond, they are not. */
  wrongOfSource: Rate;
  /** Messages on one connection that are looked at: beyond, it is closed. Data to a permitted peer is none of them. */
  looks: Rate;
  /** Answers of one connection that are kept for requests that come again. */
  answers: number;
  /** How long an allocation lasts if nothing is said, and at most (RFC 8656 §7.2). */
  defaultLifetimeMs: number;
  longestLifetimeMs: number;
  /** RFC 8656 §9, §12. */
  permissionMs: number;
  channelMs: number;
}

export const defaultTurnLimits: Readonly<TurnLimits> = {
  allocations: 10_000,
  allocationsOfUser: 64,
  allocationsOfSource: 2000,
  permissions: 8,
  channels: 32,
  peers: 32,
  wrongCredentials: 5,
  wrongOfSource: { perSecond: 1, burst: 50 },
  looks: { perSecond: 20, burst: 1000 },
  answers: 8,
  defaultLifetimeMs: 600_000,
  longestLifetimeMs: 3_600_000,
  permissionMs: 300_000,
  channelMs: 600_000,
};
