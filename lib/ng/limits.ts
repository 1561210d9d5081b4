/** A command of a client, and what it may look like. */
export const commandLimits = {
  /** Bytes of one, cookie included; over UDP a datagram ends before. */
  bytes: 256 * 1024,
  cookieBytes: 256,
  /** Lists and dictionaries within each other. */
  depth: 64,
  /** Digits of an integer: 64 bits have 20. */
  digits: 32,
} as const;

/** Replies that are kept for repeated commands, of all clients together. rtpengine keeps its own for 30 to 60 s. */
export const keptReplies = { bytes: 16 * 1024 * 1024, ms: 60_000 } as const;

/** Commands of all clients together that may be under way. */
export const maxCommandsUnderWay = 1024;
