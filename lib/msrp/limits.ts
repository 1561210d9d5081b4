/** What a bridge, and those at its ends, may cost us. Times in ms. */
export interface MsrpLimits {
  /** From the answer until both sides are up. */
  joinMs: number;
  /** For one connection that we open. */
  connectMs: number;
  /** From both sides being up to the first byte: the active end sends at once (RFC 4975 §5.4). */
  firstBytesMs: number;
  /** How long one write may wait for its receiver. */
  stallMs: number;
  /** For what is left to be delivered once one side has closed. */
  closeMs: number;
  /** Connections that wait on a listening side until it is known from where one is expected. */
  waiting: number;
}

export const defaultMsrpLimits: Readonly<MsrpLimits> = {
  joinMs: 30_000,
  connectMs: 10_000,
  firstBytesMs: 60_000,
  stallMs: 60_000,
  closeMs: 60_000,
  waiting: 4,
};
