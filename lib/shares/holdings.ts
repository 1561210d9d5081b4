/** How much of something each name holds at once. Who holds nothing is not remembered. */
export class Holdings<Name = string> {
  readonly #held = new Map<Name, number>();

  of(name: Name): number {
    return this.#held.get(name) ?? 0;
  }

  /** Takes so many, or none: false where the name would hold more than `most`. */
  take(name: Name, most: number, count = 1): boolean {
    const held = this.of(name) + count;
    if (held > most) return false;
    if (count > 0) this.#held.set(name, held);
    return true;
  }

  giveBack(name: Name, count = 1): void {
    const left = this.of(name) - count;
    if (left > 0) this.#held.set(name, left);
    else this.#held.delete(name);
  }
}
