/**
 * Time in ms that only rises, whatever is done to the system's clock: for whatever lasts or expires (N8). It has no
 * meaning outside this process; what a person or another machine is told is `Date.now()`.
 */
export function monotonicNow(): number {
  return performance.now();
}
