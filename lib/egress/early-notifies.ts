/** NOTIFYs of one SUBSCRIBE that wait for its answer. */
const mostHeld = 4;

/**
 * A NOTIFY may overtake the 2xx to its SUBSCRIBE (RFC 6665 §4.1.2.4). drachtio-server 0.9.10 gives it to the app as one
 * outside of dialogs, and answers it 500 by itself: so it waits until the 2xx has passed.
 */
export class EarlyNotifies {
  /** By the server's Call-ID, of SUBSCRIBEs without a final response: what passes the NOTIFYs on, by their branches. */
  readonly #held = new Map<string, Map<string, () => void>>();

  begin(callId: string): void {
    this.#held.set(callId, new Map());
  }

  /** Keeps a NOTIFY back; false: it can go on now. */
  hold(callId: string, branch: string, pass: () => void): boolean {
    const held = this.#held.get(callId);
    if (held === undefined || (held.size >= mostHeld && !held.has(branch))) return false;
    held.set(branch, pass);
    return true;
  }

  /** The SUBSCRIBE has got its final response, or is over. */
  answered(callId: string): void {
    const held = this.#held.get(callId);
    this.#held.delete(callId);
    for (const pass of held?.values() ?? []) pass();
  }

  /** Forgets SUBSCRIBEs that are over without an answer. */
  sweep(isOpen: (callId: string) => boolean): void {
    for (const callId of this.#held.keys()) if (!isOpen(callId)) this.#held.delete(callId);
  }
}
