/** Ports to listen on, each for one bridge at a time. */
export class PortPool {
  readonly #first: number;
  readonly size: number;
  readonly #taken = new Set<number>();
  #next = 0;

  /** @param last included */
  constructor({ first, last }: { first: number; last: number }) {
    this.#first = first;
    this.size = last - first + 1;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken.size;
  }

  /** The port that was free for the longest time or so; undefined if all are taken. */
  take(): number | undefined {
    for (let tried = 0; tried < this.size; tried++) {
      const port = this.#first + this.#next;
      this.#next = (this.#next + 1) % this.size;
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  /** A port that is not taken is fine. */
  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}
