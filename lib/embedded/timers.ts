/** Stops a timer; may be called again, also after the timer fired. */
export type Stop = () => void;

/** SIP's times in ms as multiples of T1 (RFC 3261 §17.1.1.1), so that a test can run them faster. */
export interface Times {
  readonly t1: number;
  readonly t2: number;
  /** 64 * T1: timers B, F, H, J and the life of finished transactions. */
  readonly transaction: number;
  /** How long an app may leave a new request without any answer. */
  readonly app: number;
  /** From the last provisional response to an INVITE to our CANCEL (timer C). */
  readonly ringing: number;
}

/** All timers of one edge, so that closing it leaves none behind. */
export class Timers {
  readonly times: Times;
  readonly #pending = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(t1 = 500) {
    this.times = { t1, t2: 8 * t1, transaction: 64 * t1, app: 128 * t1, ringing: 370 * t1 };
  }

  after(ms: number, action: () => void): Stop {
    if (this.#closed) return () => undefined;
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      action();
    }, ms);
    this.#pending.add(timer);
    return () => {
      clearTimeout(timer);
      this.#pending.delete(timer);
    };
  }

  /**
   * Runs the action after `first` ms and then again with the interval doubled each time, up to `cap` ms.
   */
  repeat(first: number, cap: number, action: () => void): Stop {
    let interval = first;
    // Reckoned from the start, so that late timers do not add up.
    let due = performance.now();
    let stop: Stop = () => undefined;
    const next = () => {
      due += interval;
      stop = this.after(Math.max(0, due - performance.now()), () => {
        interval = Math.min(interval * 2, cap);
        next();
        action();
      });
    };
    next();
    return () => {
      stop();
    };
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
