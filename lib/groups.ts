/** Items by a key that several may have. A key without items is not remembered. */
export class Groups<Key, Item> {
  readonly #groups = new Map<Key, Set<Item>>();

  has(key: Key): boolean {
    return this.#groups.has(key);
  }

  /** Those that it has now. */
  of(key: Key): Item[] {
    return [...(this.#groups.get(key) ?? [])];
  }

  add(key: Key, item: Item): void {
    const group = this.#groups.get(key) ?? new Set<Item>();
    this.#groups.set(key, group.add(item));
  }

  delete(key: Key, item: Item): void {
    const group = this.#groups.get(key);
    group?.delete(item);
    if (group?.size === 0) this.#groups.delete(key);
  }
}
