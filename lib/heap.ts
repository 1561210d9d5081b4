/** What stands in one {@link Heap} at most. */
export interface HeapItem {
  /** Where it stands, -1: nowhere; the heap's own. */
  index: number;
}

/** Items whose rank may change, with the first of them at hand: every step takes O(log n). */
export class Heap<T extends HeapItem> {
  readonly #isBefore: (one: T, other: T) => boolean;
  readonly #items: T[] = [];

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** Takes a new item, or one whose rank has changed since. */
  settle(item: T): void {
    if (item.index < 0) item.index = this.#items.push(item) - 1;
    this.#sink(this.#rise(item));
  }

  /** One that is not there is fine. */
  remove(item: T): void {
    const { index } = item;
    if (index < 0) return;
    item.index = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#put(last, index);
    this.settle(last);
  }

  #rise(item: T): T {
    while (item.index > 0) {
      const parent = this.#items[(item.index - 1) >> 1];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#swap(item, parent);
    }
    return item;
  }

  #sink(item: T): void {
    for (;;) {
      const [left, right] = [this.#items[2 * item.index + 1], this.#items[2 * item.index + 2]];
      const child = left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left;
      if (child === undefined || !this.#isBefore(child, item)) return;
      this.#swap(child, item);
    }
  }

  #swap(one: T, other: T): void {
    const { index } = one;
    this.#put(one, other.index);
    this.#put(other, index);
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.index = index;
  }
}
