import { randomBytes } from 'node:crypto';
import { EdgeError } from '../errors';
import type { Errand } from './errand';

interface Entry {
  readonly errand: Errand;
  readonly until: number;
}

/** Errands whose request has not come yet; each can be taken once. */
export class UnclaimedErrands {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #limits: { errands: number; errandLife: number };

  /** @param now a clock in ms. */
  constructor(now: () => number, limits: { errands: number; errandLife: number }) {
    this.#now = now;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Throws EdgeError `egress-full` (503) if too many wait. */
  put(errand: Errand): string {
    this.sweep();
    if (this.#entries.size >= this.#limits.errands) {
      throw new EdgeError('egress-full', 'Too many requests wait to be sent to the core.');
    }
    // Not to be guessed: whoever knows it has his request sent.
    const id = randomBytes(16).toString('hex');
    this.#entries.set(id, { errand, until: this.#now() + this.#limits.errandLife });
    return id;
  }

  take(id: string): Errand | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry && entry.until > this.#now() ? entry.errand : undefined;
  }

  /** Throws away what nobody came for. */
  sweep(): void {
    // All live equally long, so the oldest stand first.
    for (const [id, { until }] of this.#entries) {
      if (until > this.#now()) return;
      this.#entries.delete(id);
    }
  }
}
