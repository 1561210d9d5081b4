import { Newest } from '../newest';
import { hostPort } from '../wire/sip-uri';
import type { Destination } from '../wire/link';

/** Bytes of a request: larger ones go over TCP where the next hop takes it (RFC 3261 §18.1.1). */
const largest = 1300;

/** How long it is believed that a next hop takes no TCP, in ms. */
const life = 300_000;

/** Next hops that are remembered. */
const most = 256;

/** Which next hops of UDP take no TCP either. */
export class UdpOnly {
  readonly #until = new Newest<string, number>(most);
  readonly #now: () => number;

  /** @param now a clock in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Where a request of so many bytes is to be sent. */
  wayFor(destination: Destination, bytes: number): Destination {
    if (destination.transport !== 'udp' || bytes <= largest) return destination;
    const isOnly = (this.#until.get(keyOf(destination)) ?? 0) > this.#now();
    return isOnly ? destination : { ...destination, transport: 'tcp' };
  }

  /** It takes no connection. */
  learn(destination: Destination): void {
    this.#until.set(keyOf(destination), this.#now() + life);
  }
}

function keyOf({ address, port }: Destination): string {
  return hostPort(address, port);
}
