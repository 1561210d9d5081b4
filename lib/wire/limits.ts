/** Bounds of a received SIP message, in bytes: whoever reads SIP from the network keeps to them. */
export const messageLimits = {
  /** Any header line: as much as drachtio-server takes (drachtio/fence/long-lines.ts). */
  line: 8190,
  /** All header lines together. */
  head: 65_536,
  /** Header lines: a short one costs as much time as a long one. */
  lines: 256,
  body: 65_536,
} as const;
