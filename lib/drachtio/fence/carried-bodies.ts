import { randomBytes } from 'node:crypto';
import { Heap, type HeapItem } from '../../heap';
import { networkOf } from '../../ip-address';
import { addNote, headersOf, takeNote } from './hidden-headers';
import { detached, type SipMessage } from '../../wire/sip-message';

interface Kept {
  /** A copy: a part of a text would hold on to the whole text. */
  readonly body: Buffer;
  readonly until: number;
  readonly holder: Holder;
}

interface Holder extends HeapItem {
  readonly key: string;
  /** Names of its bodies, the oldest first. */
  readonly names: Set<string>;
  /** When the oldest of them ends. */
  until: number;
  bytes: number;
}

export interface CarriedBodiesOptions {
  /** Bytes of all bodies together, with some more for each; whoever holds the most makes room when there are more. */
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

/** Above this a body does not go through the SIP server: drachtio-server's link stalls on a message of 12 kB from the app [01f]. */
const longestText = 4096;

/**
 * Whether the SIP server is not to see a body: drachtio-server ends the connection on which a NUL comes, and cuts off at
 * a NUL what the app sends (measured). All other bytes it passes as they are.
 */
export function mustBeCarried(body: string): boolean {
  return body.length > longestText || body.includes('\0');
}

/**
 * Whose share a body takes: a UE's, or that of the place where UEs are that have not registered.
 *
 * @param account as `accountOf` names it
 */
export function holderOf(account: string | undefined, address: string): string {
  return account === undefined ? `at ${networkOf(address)}` : `ue ${encodeURIComponent(account)}`;
}

/** What the app tells the link of a message: that nobody carries its body past the server, or whose share such a body takes. */
export function carriageOf(isCarried: boolean, holder: string): Record<string, string> {
  return headersOf(isCarried ? { Holder: holder } : { Uncarried: 'yes' });
}

/**
 * Carries bodies past the SIP server, from those who stand before it (access listener, relay, app) to those behind it: in
 * the message stands a name in place of the body. The names are random, and no sender's message reaches the server with
 * a header of that kind, so nobody else's body can be asked for.
 *
 * Each body has a holder, the one who caused it. Where there are too many bytes, the holder of the most loses its oldest
 * body: a flood pushes out what is its own, and a body that has to wait for others stays.
 */
export class CarriedBodies {
  /** The oldest first. */
  readonly #bodies = new Map<string, Kept>();
  readonly #holders = new Map<string, Holder>();
  readonly #greediest = new Heap<Holder>(
    (one, other) => one.bytes > other.bytes || (one.bytes === other.bytes && one.until < other.until),
  );
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
  put(body: string, holder: string): string {
    this.#sweep();
    const name = randomBytes(16).toString('hex');
    const until = this.#now() + this.#life;
    // Memory of its own: Buffer.from() would hold on to a slab that others have parts of.
    const kept = { body: Buffer.alloc(body.length, body, 'latin1'), until, holder: this.#holder(holder, until) };
    this.#bodies.set(name, kept);
    kept.holder.names.add(name);
    this.#count(kept.holder, sizeOf(kept));
    this.#makeRoom();
    return name;
  }

  /** It may be asked for again: the server repeats what it sent over UDP. */
  get(name: string): string | undefined {
    const kept = this.#bodies.get(name);
    return kept && kept.until > this.#now() ? kept.body.toString('latin1') : undefined;
  }

  /** Before the SIP server: takes a body out that it is not to see. */
  take(message: SipMessage, holder: string): void {
    if (!mustBeCarried(message.body)) return;
    addNote(message, 'Body', this.put(message.body, holder));
    message.body = '';
  }

  /** Behind the SIP server: puts a body back. False: it is not known any more, and the message worth nothing. */
  putBack(message: SipMessage): boolean {
    const name = takeNote(message, 'Body');
    if (name === undefined) return true;
    const body = this.get(name);
    message.body = body ?? '';
    return body !== undefined;
  }

  #holder(key: string, until: number): Holder {
    const known = this.#holders.get(key);
    if (known) return known;
    const holder = { key: detached(key), names: new Set<string>(), until, bytes: 0, index: -1 };
    this.#holders.set(holder.key, holder);
    return holder;
  }

  #sweep(): void {
    // All live equally long.
    for (const [name, kept] of this.#bodies) {
      if (kept.until > this.#now()) return;
      this.#drop(name, kept);
    }
  }

  #makeRoom(): void {
    while (this.#bytes > this.#most) {
      const [name = ''] = this.#greediest.first?.names ?? [];
      const kept = this.#bodies.get(name);
      if (!kept) return;
      this.#drop(name, kept);
    }
  }

  #drop(name: string, kept: Kept): void {
    const { holder } = kept;
    this.#bodies.delete(name);
    holder.names.delete(name);
    const [oldest] = holder.names;
    holder.until = this.#bodies.get(oldest ?? '')?.until ?? 0;
    this.#count(holder, -sizeOf(kept));
  }

  #count(holder: Holder, more: number): void {
    this.#bytes += more;
    holder.bytes += more;
    if (holder.names.size > 0) this.#greediest.settle(holder);
    else {
      this.#greediest.remove(holder);
      this.#holders.delete(holder.key);
    }
  }
}

function sizeOf({ body }: Pick<Kept, 'body'>): number {
  return body.length + overhead;
}
