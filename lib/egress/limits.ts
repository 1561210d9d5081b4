/** Bounds of the egress relay: anyone in the core's network can send to its port. Times are ms, sizes bytes. */
export const limits = {
  /** Errands whose request has not come yet. */
  errands: 10_000,
  /** How long an errand waits for its request. */
  errandLife: 32_000,
  branches: 20_000,
  /** What these may hold together; one of usual size holds about 2 kB. */
  branchBytes: 67_108_864,
  /** How long an answer of the core is waited for: a little longer than the server's own timers B and F. */
  unanswered: 40_000,
  /** The same for an INVITE that has got a provisional response: longer than timer C (RFC 3261 §16.6). */
  ringing: 240_000,
  /** How long repetitions are passed on after a final response: timers D and H (RFC 3261 §17.1.1.2, §17.2.1). */
  afterInvite: 32_000,
  /** The same for other requests: timer K (RFC 3261 §17.1.2.2). */
  afterOther: 5_000,
  /** How often what is out of date is thrown away. */
  sweep: 5_000,
  /** Addresses that the SIP server was seen at. */
  servers: 16,
  /** Connections to next hops. */
  dialled: 256,
  /** Connections from peers that have proved themselves, and from those that have not. */
  accepted: 64,
  strangers: 32,
  /** A peer has to prove itself within this after it connected. */
  firstMessage: 10_000,
  connect: 10_000,
  /** A message that has begun on a connection has to be complete within this. */
  message: 32_000,
  /** A connection to a next hop that nothing goes over, and nobody waits for, is closed after this. */
  idle: 300_000,
  /** Not yet written to a peer that reads slowly, before its connection is given up. */
  unsent: 4_194_304,
  /** How long a looked-up name is believed; how many are kept. */
  nameLife: 60_000,
  names: 256,
} as const;

export type Limits = { readonly [name in keyof typeof limits]: number };
