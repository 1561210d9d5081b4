/** ms after an answer, and then after each look: the last one is a minute after the answer. */
const pauses = [1000, 2000, 4000, 8000, 16_000, 32_000];

/**
 * Looks, at growing intervals, which way the media of a call takes, until that is known: only rtpengine sees whether UDP
 * passes, and it tells nobody unless it is asked.
 */
export class PathWatch {
  readonly #look: () => Promise<boolean>;
  readonly #pauses: readonly number[];
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  /** @param look resolves with true when nothing more is to be known; must not reject */
  constructor(look: () => Promise<boolean>, between: readonly number[] = pauses) {
    this.#look = look;
    this.#pauses = between;
  }

  /** Begins anew where it has begun before. */
  start(): void {
    this.#looks = 0;
    this.#schedule();
  }

  stop(): void {
    this.#looks = Infinity;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const pause = this.#pauses[this.#looks];
    if (pause === undefined) return;
    this.#timer = setTimeout(() => void this.#next(), pause).unref();
  }

  async #next(): Promise<void> {
    const look = ++this.#looks;
    const isKnown = await this.#look();
    // Stopped or begun anew meanwhile.
    if (look === this.#looks && !isKnown) this.#schedule();
  }
}
