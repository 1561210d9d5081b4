/**
 * Which connection each call began on, by its Call-ID. The SIP server does not ask: it takes a BYE from wherever it comes.
 */
export class CallOwners {
  readonly #owners = new Map<string, object>();

  /** The first one keeps a call: who names another's Call-ID in an INVITE of his own gains nothing. */
  claim(callId: string, owner: object): void {
    if (!this.#owners.has(callId)) this.#owners.set(callId, owner);
  }

  release(callId: string, owner: object): void {
    if (this.#owners.get(callId) === owner) this.#owners.delete(callId);
  }

  isOf(callId: string, owner: object): boolean {
    return this.#owners.get(callId) === owner;
  }

  /** Whether the call is known to be another connection's. */
  isOfAnother(callId: string, than: object): boolean {
    const owner = this.#owners.get(callId);
    return owner !== undefined && owner !== than;
  }
}
