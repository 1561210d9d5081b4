/** What has arrived and not been looked at; `next` waits for it. */
export class Arrivals<T> {
  readonly #waiting: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  push(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#waiting.push(value);
    else taker(value);
  }

  next(): Promise<T> {
    const value = this.#waiting.shift();
    return value === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(value);
  }
}
