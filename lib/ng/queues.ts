/** Runs what has the same name one after the other. */
export class Queues {
  /** The last of each, which never rejects. */
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, job: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const result = before === undefined ? job() : before.then(job);
    const tail = result.catch(() => undefined);
    this.#tails.set(name, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }
}
