import { distribution, type Distribution } from './distribution';

/** ms */
const every = 10;

/** How late this process comes to what is due: what a machine without time left does to a measurement. */
export class Lateness {
  readonly #values: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #due = performance.now() + every;

  constructor() {
    this.#timer = setInterval(() => this.#note(), every);
  }

  /** ms */
  stop(): Distribution {
    clearInterval(this.#timer);
    return distribution(this.#values);
  }

  #note(): void {
    const now = performance.now();
    this.#values.push(Math.max(0, now - this.#due));
    this.#due = now + every;
  }
}
