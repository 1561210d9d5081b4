import { Newest } from '../newest';
import { monotonicNow } from '../ops/clock';

/** How often something may happen. */
export interface Rate {
  /** A second, for as long as it goes on. */
  perSecond: number;
  /** At once, after a pause. */
  burst: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, ms. */
  at: number;
}

/** Names that are remembered at once, unless told otherwise. */
const defaultMost = 50_000;

/**
 * One token bucket for each name: it holds `burst` tokens and gains `perSecond` of them. The names that were not heard
 * for the longest time are forgotten where there are too many, and begin anew.
 */
export class TokenBuckets<Name = string> {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** The one that was heard last is last. */
  readonly #buckets: Newest<Name, Bucket>;

  /** @param now time in ms that only rises */
  constructor(rate: Rate, now: () => number = monotonicNow, most = defaultMost) {
    this.#rate = rate;
    this.#now = now;
    this.#buckets = new Newest(most);
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token, or `count` of them; false where there are not as many, or where fewer than `reserve` would be left. */
  take(name: Name, reserve = 0, count = 1): boolean {
    const bucket = this.#filled(name);
    if (bucket.tokens < count + reserve) return false;
    bucket.tokens -= count;
    return true;
  }

  forget(name: Name): void {
    this.#buckets.delete(name);
  }

  #filled(name: Name): Bucket {
    const { perSecond, burst } = this.#rate;
    const now = this.#now();
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    return bucket;
  }
}
