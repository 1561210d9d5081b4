import type { Side } from '../media/media-anchor';
import type { CallLegs } from './call-legs';

/** Ends the call when a far end has not refreshed its leg in time (RFC 4028 §10). */
export class SessionTimers {
  readonly #session: Pick<CallLegs, 'edge' | 'timer' | 'end'>;
  readonly #running = new Map<Side, { interval: number; stop: () => void }>();

  constructor(session: Pick<CallLegs, 'edge' | 'timer' | 'end'>) {
    this.#session = session;
  }

  /** In seconds; undefined where that leg has no timer. */
  interval(side: Side): number | undefined {
    return this.#running.get(side)?.interval;
  }

  /** The leg was refreshed: the next refresh is due within `interval` seconds, or none where it is undefined. */
  refreshed(side: Side, interval: number | undefined): void {
    this.#running.get(side)?.stop();
    this.#running.delete(side);
    if (interval === undefined) return;
    const due = interval - Math.min(32, interval / 3);
    const stop = this.#session.timer(due * this.#session.edge.timers.sessionSecond, () =>
      this.#session.end('session-expired', { reason: 'SIP;cause=408;text="Session timer expired"' }),
    );
    this.#running.set(side, { interval, stop });
  }
}
