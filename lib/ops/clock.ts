/**
 * Time in ms that only rises, whatever is done to the system's clock: for whatever lasts or expires (N8). It has no
 * meaning outside this process.
 */
export function monotonicNow(): number {
  return performance.now();
}

/** The system's clock, in ms since the epoch: for what a person or another machine is told. It may jump either way. */
export function wallClock(): number {
  return Date.now();
}
