import type { ConnectionId } from './forwarding-plane';

/** Entries at first, and at most; one is 8 bytes. */
const fewest = 32;
const most = 4096;

/**
 * The transaction ids of a stream's authentic checks, and the connection that each came on. Who overhears a UE can
 * send its checks again from elsewhere, and STUN has nothing against it: with one that nominates, the stranger would
 * get the UE's media. A UE never sends a check on two connections (RFC 8489 §6.2.2), so one that is seen on a second is
 * a replay.
 *
 * Of each id 32 bits are kept, and of all ids the last 4096: at a check every 2.5 s those of nearly three hours.
 */
export class SeenChecks {
  /** Id and connection by turns, a ring once it is full. */
  #seen = new Uint32Array(fewest * 2);
  #count = 0;

  /** Whether the id came on another connection before; else it is kept. 12 bytes, random. */
  isReplay(transactionId: Buffer, connection: ConnectionId): boolean {
    const id = transactionId.readUInt32BE(0);
    const owner = connection >>> 0;
    const held = Math.min(this.#count * 2, this.#seen.length);
    for (let at = 0; at < held; at += 2) if (this.#seen[at] === id) return this.#seen[at + 1] !== owner;
    if (held === this.#seen.length && this.#seen.length < most * 2) this.#grow();
    const at = (this.#count * 2) % this.#seen.length;
    this.#seen[at] = id;
    this.#seen[at + 1] = owner;
    this.#count += 1;
    return false;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#seen.length * 2);
    larger.set(this.#seen);
    this.#seen = larger;
  }
}
