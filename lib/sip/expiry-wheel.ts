/** Items by the second in which they expire: adding, deleting and turning cost the same however many there are. */
export class ExpiryWheel<Item> {
  /** By the second in which they have expired. */
  readonly #slots = new Map<number, Set<Item>>();
  /** No slot before this one has anything in it. */
  #next = Infinity;

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  /** @param at ms, by the clock of {@link turn} */
  add(item: Item, at: number): void {
    const second = secondOf(at);
    const slot = this.#slots.get(second) ?? new Set<Item>();
    this.#slots.set(second, slot.add(item));
    this.#next = Math.min(this.#next, second);
  }

  /** @param at as it was added; nothing happens if it is not there */
  delete(item: Item, at: number): void {
    const slot = this.#slots.get(secondOf(at));
    if (slot?.delete(item) === true && slot.size === 0) this.#remove(secondOf(at));
  }

  /** Takes off what has expired by `now` (ms), a second ago at most if it is turned each second, and none too early. */
  turn(now: number): Item[] {
    const expired: Item[] = [];
    for (; this.#next * 1000 <= now; this.#next++) {
      for (const item of this.#slots.get(this.#next) ?? []) expired.push(item);
      this.#remove(this.#next);
    }
    return expired;
  }

  #remove(second: number): void {
    this.#slots.delete(second);
    if (this.isEmpty) this.#next = Infinity;
  }
}

function secondOf(at: number): number {
  return Math.ceil(at / 1000);
}
