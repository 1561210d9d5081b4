import { addressBytes } from './ip-address';

/** How many connections there may be. */
export interface AdmissionLimits {
  connections: number;
  /** Connections that have not authenticated, in all, and from one IPv4 address or one IPv6 /64. */
  unauthenticated: number;
  unauthenticatedPerAddress: number;
}

/** What a connection is refused for. */
export type Refusal = 'connection-limit' | 'unauthenticated-limit' | 'address-limit';

/**
 * Counts connections against the limits (E8). Those that have not authenticated are counted per IPv4
 * address and per IPv6 /64, which one host has to itself; those that have are only counted in all, since
 * many UEs may stand behind one NAT.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #strangers = new Map<string, number>();
  #unauthenticated = 0;
  #open = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Counts a new connection, whatever the verdict: each is taken back by {@link leave}. */
  enter(address: string): Refusal | undefined {
    const key = network(address);
    const strangers = (this.#strangers.get(key) ?? 0) + 1;
    this.#strangers.set(key, strangers);
    this.#unauthenticated += 1;
    this.#open += 1;
    if (this.#open > this.#limits.connections) return 'connection-limit';
    if (this.#unauthenticated > this.#limits.unauthenticated) return 'unauthenticated-limit';
    return strangers > this.#limits.unauthenticatedPerAddress ? 'address-limit' : undefined;
  }

  authenticated(address: string): void {
    const key = network(address);
    const strangers = (this.#strangers.get(key) ?? 1) - 1;
    if (strangers > 0) this.#strangers.set(key, strangers);
    else this.#strangers.delete(key);
    this.#unauthenticated -= 1;
  }

  leave(address: string, wasAuthenticated: boolean): void {
    if (!wasAuthenticated) this.authenticated(address);
    this.#open -= 1;
  }
}

function network(address: string): string {
  const bytes = addressBytes(address);
  return bytes?.length === 16 ? bytes.toString('hex', 0, 8) : address;
}
