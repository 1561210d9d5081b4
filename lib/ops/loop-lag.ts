import { monotonicNow } from './clock';

/** How often the event loop is looked at, in ms. */
const everyMs = 100;

/** Looks that count: the lag is their median, so that one long turn is no overload, and three are. */
const looks = 5;

/**
 * How late this process comes to what it has to do: the lag of its event loop.
 */
export class LoopLag {
  readonly #lags: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #dueAt = monotonicNow() + everyMs;

  constructor() {
    this.#timer = setInterval(() => this.#look(), everyMs).unref();
  }

  /** In ms, over the last half second of a loop that turns. */
  get ms(): number {
    return [...this.#lags].sort((a, b) => a - b)[Math.floor(this.#lags.length / 2)] ?? 0;
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = monotonicNow();
    if (this.#lags.push(Math.max(0, now - this.#dueAt)) > looks) this.#lags.shift();
    this.#dueAt = now + everyMs;
  }
}
