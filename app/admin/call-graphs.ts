import type { CallRecord } from '../../lib/calls/call';
import type { CallTable } from '../../lib/calls/call-table';
import { wallClock } from '../../lib/ops/clock';

/** One interval, for the graphs. */
interface Sample {
  /** When it ended, ms since the epoch. */
  at: number;
  /** Under way then. */
  calls: number;
  /** Answered calls that ended in it, and those of them whose media took TCP. */
  ended: number;
  byTcp: number;
  /** Mean over those that ended; null: none had media. */
  timeToMediaMs: number | null;
}

const intervalMs = 10_000;

/** An hour of them. */
const most = 360;

/** What the page's graphs show: the last hour. */
export class CallGraphs {
  readonly #calls: CallTable;
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  #ended = 0;
  #byTcp = 0;
  #times: { sum: number; count: number } = { sum: 0, count: 0 };

  constructor(calls: CallTable) {
    this.#calls = calls;
    calls.on('ended', this.#onEnded);
    this.#timer = setInterval(() => this.#sample(), intervalMs).unref();
  }

  /** The oldest first; the last one is of the interval that is not over yet. */
  get samples(): readonly Sample[] {
    return [...this.#samples, this.#now()];
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#calls.off('ended', this.#onEnded);
  }

  readonly #onEnded = ({ answeredAt, firstMedia, streams }: CallRecord): void => {
    if (answeredAt === undefined) return;
    this.#ended += 1;
    if (streams.some(({ path }) => path?.startsWith('tcp'))) this.#byTcp += 1;
    if (firstMedia === undefined) return;
    this.#times.sum += Math.max(0, firstMedia.at - answeredAt);
    this.#times.count += 1;
  };

  #now(): Sample {
    const { sum, count } = this.#times;
    const timeToMediaMs = count === 0 ? null : Math.round(sum / count);
    return { at: wallClock(), calls: this.#calls.size, ended: this.#ended, byTcp: this.#byTcp, timeToMediaMs };
  }

  #sample(): void {
    this.#samples.push(this.#now());
    if (this.#samples.length > most) this.#samples.shift();
    this.#ended = 0;
    this.#byTcp = 0;
    this.#times = { sum: 0, count: 0 };
  }
}
