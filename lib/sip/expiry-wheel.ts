/** Items by the second in which they expire: adding, deleting and turning cost the same however many there are. */
export class ExpiryWheel<Item> {
  /** By the second in which they have expired. */
  readonly #slots = new Map<number, Set<Item>>();
  /** No slot before this one has anything in it. */
  #next = Infinity;
  readonly #now: () => number;
  readonly #expired: (item: Item) => void;
  /** Runs while there is anything in it. */
  #turning: NodeJS.Timeout | undefined;

  /**
   * @param now a clock in ms
   * @param expired told of each item that has expired, a second ago at most, and of none too early
   */
  constructor(now: () => number, expired: (item: Item) => void) {
    this.#now = now;
    this.#expired = expired;
  }

  /** @param at ms */
  add(item: Item, at: number): void {
    const second = secondOf(at);
    const slot = this.#slots.get(second) ?? new Set<Item>();
    this.#slots.set(second, slot.add(item));
    this.#next = Math.min(this.#next, second);
    this.#turning ??= setInterval(() => this.#turn(), 1000);
  }

  /** @param at as it was added; nothing happens if it is not there */
  delete(item: Item, at: number): void {
    const slot = this.#slots.get(secondOf(at));
    if (slot?.delete(item) === true && slot.size === 0) this.#remove(secondOf(at));
  }

  /** Nothing expires any more. */
  close(): void {
    clearInterval(this.#turning);
  }

  #turn(): void {
    const expired: Item[] = [];
    for (const now = this.#now(); this.#next * 1000 <= now; this.#next++) {
      for (const item of this.#slots.get(this.#next) ?? []) expired.push(item);
      this.#remove(this.#next);
    }
    for (const item of expired) this.#expired(item);
  }

  #remove(second: number): void {
    this.#slots.delete(second);
    if (this.#slots.size > 0) return;
    this.#next = Infinity;
    clearInterval(this.#turning);
    this.#turning = undefined;
  }
}

function secondOf(at: number): number {
  return Math.ceil(at / 1000);
}
