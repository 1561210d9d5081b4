import type { CandidatePair } from './candidate-pair';

/**
 * A lost connection is tried again after the first time, then at the interval, up to the limit; ms. The
 * first is there because the end of a call often closes the connection a moment before the BYE comes.
 */
const reconnectAfter = 250;
const reconnectInterval = 1000;
const reconnectLimit = 30_000;

/** The selected connection of a stream was lost: when it is to be tried again. Times in ms. */
export class Reconnection {
  readonly pair: CandidatePair;
  readonly #since: number;
  #triedAt: number | undefined;

  constructor(pair: CandidatePair, since: number) {
    this.pair = pair;
    this.#since = since;
  }

  /** @param hasFailed that which was tried last has */
  due(now: number, hasFailed: boolean): 'first' | 'again' | 'given-up' | undefined {
    if (now - this.#since > reconnectLimit) return 'given-up';
    const isFirst = this.#triedAt === undefined;
    const isDue = isFirst
      ? now - this.#since >= reconnectAfter
      : hasFailed && now - (this.#triedAt ?? now) >= reconnectInterval;
    if (!isDue) return undefined;
    this.#triedAt = now;
    return isFirst ? 'first' : 'again';
  }
}
