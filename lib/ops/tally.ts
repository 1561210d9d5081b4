/** How often each of a fixed set of things happened. */
export class Tally<What extends string> {
  readonly #counts = new Map<What, number>();

  add(what: What): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** What never happened is missing. */
  counts(): Readonly<Partial<Record<What, number>>> {
    return Object.fromEntries(this.#counts) as Partial<Record<What, number>>;
  }
}
