/**
 * ms after an answer, and then after each look: the last one is a minute after the answer. A UE that nominates late, as
 * one does whose TURN servers are slow, is seen soon after.
 */
const pauses = [1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 16].map((seconds) => seconds * 1000);

/**
 * Looks, at growing intervals, which way the media of a call takes, until that is known: only rtpengine sees whether UDP
 * passes, and it tells nobody unless it is asked.
 */
export class PathWatch {
  readonly #look: () => Promise<boolean>;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  /** @param look resolves with true when nothing more is to be known; must not reject */
  constructor(look: () => Promise<boolean>) {
    this.#look = look;
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
    const pause = pauses[this.#looks];
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
