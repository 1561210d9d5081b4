import { detached, type SipMessage } from '../../wire/sip-message';

/** NOTIFYs of one SUBSCRIBE that wait for its answer, and bytes of their bodies. */
const mostHeld = 4;
const mostBytes = 65_536;

interface Held {
  /** What becomes of each, by its branch. */
  readonly notifies: Map<string, (isSubscribed: boolean) => void>;
  bytes: number;
}

/**
 * A NOTIFY may overtake the 2xx to its SUBSCRIBE (RFC 6665 §4.1.2.4). drachtio-server 0.9.10 gives it to the app as one
 * outside of dialogs, and ends by that half a minute later (measured): so it waits until the server has taken the 2xx.
 */
export class EarlyNotifies {
  /** By the server's Call-ID, of SUBSCRIBEs without a final response. */
  readonly #held = new Map<string, Held>();

  begin(callId: string): void {
    this.#held.set(detached(callId), { notifies: new Map(), bytes: 0 });
  }

  /** Keeps a NOTIFY back; false: it does not wait. */
  hold({ callId, body }: SipMessage, branch: string, settle: (isSubscribed: boolean) => void): boolean {
    const held = this.#held.get(callId);
    if (held === undefined) return false;
    if (held.notifies.has(branch)) return true;
    if (held.notifies.size >= mostHeld || held.bytes + body.length > mostBytes) return false;
    held.notifies.set(branch, settle);
    held.bytes += body.length;
    return true;
  }

  /** The server has taken a 2xx to the SUBSCRIBE, or got another final response. */
  settle(callId: string, isSubscribed: boolean): void {
    const held = this.#held.get(callId);
    this.#held.delete(callId);
    for (const settle of held?.notifies.values() ?? []) settle(isSubscribed);
  }

  /** Forgets SUBSCRIBEs that are over without an answer. */
  sweep(isOpen: (callId: string) => boolean): void {
    for (const callId of this.#held.keys()) if (!isOpen(callId)) this.#held.delete(callId);
  }
}
