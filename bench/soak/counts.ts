/** What the UEs of a round did. */
export interface RoundCounts {
  registrations: number;
  calls: number;
  /** Re-INVITEs: hold and resume. */
  changes: number;
  /** Media that lost its connection and came back. */
  reconnects: number;
  /** UEs that were gone without de-registering, and registered anew on another connection. */
  returns: number;
  /** rtpengine was killed and started anew. */
  restarts: number;
  /** RTP packets that they received. */
  packets: number;
  /** By reason. */
  failures: Record<string, number>;
}

export function nothingDone(): RoundCounts {
  return { registrations: 0, calls: 0, changes: 0, reconnects: 0, returns: 0, restarts: 0, packets: 0, failures: {} };
}

export function sum(all: readonly RoundCounts[]): RoundCounts {
  const total = nothingDone();
  for (const { failures, ...numbers } of all) {
    for (const key of Object.keys(numbers) as (keyof typeof numbers)[]) total[key] += numbers[key];
    for (const [reason, times] of Object.entries(failures))
      total.failures[reason] = (total.failures[reason] ?? 0) + times;
  }
  return total;
}
