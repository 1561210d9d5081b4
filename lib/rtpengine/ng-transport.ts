/** What carries ng messages (a cookie, a space, a bencoded value) to one rtpengine and back. Never keeps the process alive. */
export interface NgTransport {
  /** Whether what is sent may vanish without a word, so that it has to be sent again. */
  readonly isLossy: boolean;
  /** Throws an error with the reason where a message cannot be sent. */
  send(message: Buffer): void;
  /**
   * A message sent at that time (monotonic, ms) was not answered: a connection on which nothing else was heard since is
   * given up.
   * @returns why, where that is known
   */
  unanswered(sentAt: number): string | undefined;
  /** May be called twice. */
  close(): void;
}

export interface NgTransportListener {
  /** One whole message. */
  received(message: Buffer): void;
  /** What was sent before, and is not answered, may be lost. `isReachable`: it may be sent again. */
  lost(reason: string, isReachable: boolean): void;
}
