import type { Destination } from '../wire/link';

/**
 * Where the SIP server was seen: the senders of requests that had an errand.
 *
 * Over UDP that is an address and port. Over TCP it is the address alone, for the port is another with each
 * connection; the server's address is this machine's own, and nobody else can open a connection from it.
 */
export class Servers {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(peer: Destination): boolean {
    return this.#known.has(keyOf(peer));
  }

  add(server: Destination): void {
    const key = keyOf(server);
    // The one seen last stands last.
    this.#known.delete(key);
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > this.#most && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf({ transport, address, port }: Destination): string {
  return transport === 'tcp' ? `tcp ${address}` : `udp ${address} ${port}`;
}
