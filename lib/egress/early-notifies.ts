/** NOTIFYs of one SUBSCRIBE that wait for its answer. */
const mostHeld = 4;

/**
 * A NOTIFY may overtake the 2xx to its SUBSCRIBE (RFC 6665 §4.1.2.4). drachtio-server 0.9.10 gives it to the app as one
 * outside of dialogs, and ends by that half a minute later: so it waits until the server has taken the 2xx.
 */
export class EarlyNotifies {
  /** By the server's Call-ID, of SUBSCRIBEs without a final response: what becomes of the NOTIFYs, by their branches. */
  readonly #held = new Map<string, Map<string, (isSubscribed: boolean) => void>>();

  begin(callId: string): void {
    this.#held.set(callId, new Map());
  }

  /** Keeps a NOTIFY back; false: it does not wait. */
  hold(callId: string, branch: string, settle: (isSubscribed: boolean) => void): boolean {
    const held = this.#held.get(callId);
    if (held === undefined || (held.size >= mostHeld && !held.has(branch))) return false;
    held.set(branch, settle);
    return true;
  }

  /** The server has taken a 2xx to the SUBSCRIBE, or got another final response. */
  settle(callId: string, isSubscribed: boolean): void {
    const held = this.#held.get(callId);
    this.#held.delete(callId);
    for (const settle of held?.values() ?? []) settle(isSubscribed);
  }

  /** Forgets SUBSCRIBEs that are over without an answer. */
  sweep(isOpen: (callId: string) => boolean): void {
    for (const callId of this.#held.keys()) if (!isOpen(callId)) this.#held.delete(callId);
  }
}
