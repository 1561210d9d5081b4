/**
 * Bounds of the embedded edge: it faces real SIP, so nothing in it grows with what strangers send.
 * Sizes are bytes, times ms.
 */
export const limits = {
  /** Of one frame of an app. */
  adminFrame: 1_048_576,
  /** Not yet written to a peer that reads slowly, before its connection is given up. */
  unsent: 4_194_304,
  /** Not yet written to an app, before all requests but those that end something are refused. */
  congested: 1_048_576,
  /**
   * Not yet written to an app that reads nothing at all, before its link is given up: all its calls end with it. So it is
   * more than what belongs to requests that were taken before it was congested.
   */
  unsentToApp: 134_217_728,
  appConnections: 32,
  tcpConnections: 2_000,
  tcpConnectionsPerAddress: 200,
  /** How long a looked-up name is believed; how many are kept. */
  nameLife: 60_000,
  names: 256,
  transactions: 20_000,
  /** Requests of one TCP connection that are not over yet. */
  transactionsOfConnection: 2_000,
  dialogs: 10_000,
  /** user@host remembered with the connection that it registered on. */
  registrations: 5_000,
  /** Reliable provisional responses of one INVITE that wait for a PRACK. */
  queuedProvisionals: 16,
  /** Forks of one INVITE of the app. */
  forks: 16,
  /** An accepted connection has to bring its first message within this. */
  firstMessage: 60_000,
  /** A message that has begun on a connection has to be complete within this. */
  message: 32_000,
  connect: 10_000,
  /** A connection of an app has to authenticate within this. */
  authenticate: 10_000,
} as const;
