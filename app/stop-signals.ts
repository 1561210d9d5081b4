/** On Ctrl-C the terminal signals us, and npm passes the same signal on: within this time, in ms, they are one. */
const sameSignalMs = 300;

/** What ends a process from outside, and its conventional exit status: 128 and the signal's number. */
export const signalStatus = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof signalStatus;

/**
 * Calls `first` for the first stop signal, which ends things in order, and `again` for each one that follows it. The
 * function returned makes the next one the first again.
 */
export function onStopSignal(
  first: (signal: StopSignal) => void,
  again: (signal: StopSignal) => void,
  signals = Object.keys(signalStatus) as StopSignal[],
): () => void {
  let firstAt: number | undefined;
  const stop = (signal: StopSignal) => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      first(signal);
    } else if (now - firstAt > sameSignalMs) {
      again(signal);
    }
  };
  for (const signal of signals) process.on(signal, stop);
  return () => (firstAt = undefined);
}
