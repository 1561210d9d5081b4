/** A look ends when so many calls in a row were found where they should be. */
const foundByLook = 4;

/** The calls that one rtpengine should have, and which of them it has lost. */
export class KeptCalls {
  /** Asked after the longest ago first. So those that a restart has taken come before all that began after it. */
  readonly #calls = new Set<string>();
  #isLooking = false;

  keep(call: string): void {
    this.#calls.add(call);
  }

  forget(call: string): void {
    this.#calls.delete(call);
  }

  /** All of them, which are forgotten. */
  takeAll(): string[] {
    const calls = [...this.#calls];
    this.#calls.clear();
    return calls;
  }

  /**
   * Asks after a few calls in turn, and goes on as long as some are lost. `lost` is told each of these, which is forgotten.
   * @returns how many were lost; none while another look is under way. Never rejects: a look ends where `isThere` does.
   */
  async look(isThere: (call: string) => Promise<boolean>, lost: (call: string) => void): Promise<number> {
    if (this.#isLooking) return 0;
    this.#isLooking = true;
    let [found, lostNow] = [0, 0];
    try {
      // Those that were found stand at the end.
      while (found < Math.min(foundByLook, this.#calls.size)) {
        const [call = ''] = this.#calls;
        const isFound = await isThere(call);
        // It has ended meanwhile.
        if (!this.#calls.delete(call)) continue;
        if (isFound) {
          found += 1;
          this.#calls.add(call);
        } else {
          lostNow += 1;
          // Those found before may be lost by now, too.
          found = 0;
          lost(call);
        }
      }
    } catch {
      // It does not answer: the next look goes on here.
    } finally {
      this.#isLooking = false;
    }
    return lostNow;
  }
}
