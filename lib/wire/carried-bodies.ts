import { randomBytes } from 'node:crypto';
import { bodyHeader } from './private-headers';
import type { SipMessage } from './sip-message';

interface Kept {
  /** A copy: a part of a text would hold on to the whole text. */
  readonly body: Buffer;
  readonly until: number;
}

export interface CarriedBodiesOptions {
  /** Bytes of all bodies together, with some more for each; the oldest go when there are more. */
  most?: number;
  /** ms that a body is kept for. */
  life?: number;
}

/**
 * How long a message may be on its way through the SIP server: a 2xx waits up to 32 s for a PRACK (RFC 3262 §3), and is
 * repeated for 32 s more (RFC 3261 §13.3.1.4).
 */
const defaultLife = 70_000;

const defaultMost = 33_554_432;

/** What a body takes besides its bytes. */
const overhead = 500;

/** Above this a body does not go through the SIP server: drachtio-server's link stalls on a message of 12 kB from the app. */
const longestText = 4096;

/**
 * Whether the SIP server is not to see a body: drachtio-server ends the connection on which a NUL comes, and cuts off at
 * a NUL what the app sends. All other bytes it passes as they are.
 */
export function mustBeCarried(body: string): boolean {
  return body.length > longestText || body.includes('\0');
}

/**
 * Carries bodies past the SIP server, from those who stand before it (access listener, relay, app) to those behind it: in
 * the message stands a name in place of the body. The names are random, and no sender's message reaches the server with
 * a header of that kind, so nobody else's body can be asked for.
 *
 * Bodies are not counted by their senders: what a flood pushes out is older than the milliseconds that a message takes.
 */
export class CarriedBodies {
  readonly #bodies = new Map<string, Kept>();
  readonly #now: () => number;
  readonly #most: number;
  readonly #life: number;
  #bytes = 0;

  /** @param now a clock in ms. */
  constructor(now: () => number, { most = defaultMost, life = defaultLife }: CarriedBodiesOptions = {}) {
    this.#now = now;
    this.#most = most;
    this.#life = life;
  }

  /** Bytes of what is kept, as they are counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a body, of one character a byte. Returns its name. */
  put(body: string): string {
    const name = randomBytes(16).toString('hex');
    // Memory of its own: Buffer.from() would hold on to a slab that others have parts of.
    const kept = { body: Buffer.alloc(body.length, body, 'latin1'), until: this.#now() + this.#life };
    this.#bodies.set(name, kept);
    this.#bytes += sizeOf(kept);
    this.#sweep();
    return name;
  }

  /** It may be asked for again: the server repeats what it sent over UDP. */
  get(name: string): string | undefined {
    const kept = this.#bodies.get(name);
    return kept && kept.until > this.#now() ? kept.body.toString('latin1') : undefined;
  }

  /** Before the SIP server: takes a body out that it is not to see. */
  take(message: SipMessage): void {
    if (!mustBeCarried(message.body)) return;
    message.add(bodyHeader, this.put(message.body));
    message.body = '';
  }

  /** Behind the SIP server: puts a body back. False: it is not known any more, and the message worth nothing. */
  putBack(message: SipMessage): boolean {
    const name = message.get(bodyHeader.toLowerCase());
    if (name === undefined) return true;
    const body = this.get(name);
    message.remove(bodyHeader.toLowerCase());
    message.body = body ?? '';
    return body !== undefined;
  }

  #sweep(): void {
    // All live equally long, so the oldest stand first.
    for (const [name, kept] of this.#bodies) {
      if (kept.until > this.#now() && this.#bytes <= this.#most) return;
      this.#bodies.delete(name);
      this.#bytes -= sizeOf(kept);
    }
  }
}

function sizeOf({ body }: Kept): number {
  return body.length + overhead;
}
