import { Newest } from '../newest';
import type { Destination } from '../wire/link';

/**
 * Where the SIP server was seen: the senders of requests that had an errand.
 *
 * Over UDP that is an address and port. Over TCP it is the address alone, for the port is another with each
 * connection; the server's address is this machine's own, and nobody else can open a connection from it.
 */
export class Servers {
  readonly #known: Newest<string>;

  constructor(most: number) {
    this.#known = new Newest(most);
  }

  has(peer: Destination): boolean {
    return this.#known.has(keyOf(peer));
  }

  add(server: Destination): void {
    this.#known.set(keyOf(server), true);
  }
}

function keyOf({ transport, address, port }: Destination): string {
  return transport === 'tcp' ? `tcp ${address}` : `udp ${address} ${port}`;
}
