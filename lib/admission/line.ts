/** A place in a {@link Line}. */
export interface Entry<T> {
  readonly item: T;
  before: Entry<T> | undefined;
  behind: Entry<T> | undefined;
}

/** Items in the order in which they came, each of which may leave from anywhere: every step takes O(1). */
export class Line<T> {
  #first: Entry<T> | undefined;
  #last: Entry<T> | undefined;
  #length = 0;

  get first(): T | undefined {
    return this.#first?.item;
  }

  get length(): number {
    return this.#length;
  }

  append(item: T): Entry<T> {
    const entry: Entry<T> = { item, before: this.#last, behind: undefined };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.behind = entry;
    this.#last = entry;
    this.#length += 1;
    return entry;
  }

  /** An entry of this line, once. */
  remove(entry: Entry<T>): void {
    if (entry.before === undefined) this.#first = entry.behind;
    else entry.before.behind = entry.behind;
    if (entry.behind === undefined) this.#last = entry.before;
    else entry.behind.before = entry.before;
    this.#length -= 1;
  }
}
