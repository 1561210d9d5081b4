/** A map of so many entries: those that were set last. One that is set again is the newest. */
export class Newest<Key, Value = true> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    // Not looked for without need: it stands behind a gap for each entry that has left since.
    const [oldest] = this.size > this.#most ? this.keys() : [];
    if (oldest !== undefined) this.delete(oldest);
    return this;
  }
}
