import type { Carriage } from './carriage';
import type { Cut, StreamUnit } from './stream-framer';

export interface SipStreamEvents {
  /** `cut`: there is the head alone, for this reason; after an `endless` message nothing follows. */
  message(text: string, cut: Cut | undefined): void;
  /** Told once, whoever closed it. `whileConnecting`: what was sent has reached nobody. `fault`: what `message` threw. */
  closed(whileConnecting: boolean, fault?: unknown): void;
  connected?(): void;
  /** A keep-alive (RFC 5626 §4.4.1). Unset: it is answered. */
  ping?(): void;
  /** Whether bytes that came in so many pieces are to be read; if not, the connection is closed. Unset: they are. */
  mayRead?(bytes: number, pieces: number): boolean;
}

/** Times in ms, sizes in bytes. */
export interface SipStreamLimits {
  /** A connection that we open has to stand within this; and one that ends has to be rid of what is unsent. */
  connect: number;
  /** An accepted connection has to bring its first message within this. */
  firstMessage: number;
  /** A message that has begun has to be complete within this. */
  message: number;
  /** Not yet written to a peer that reads slowly, before the connection is given up. */
  unsent: number;
}

type Awaited = 'connect' | 'firstMessage' | 'message';

/** SIP with one peer, who was accepted or connected to: messages, keep-alives, and the limits of both. */
export class SipStream {
  readonly #carriage: Carriage;
  readonly #limits: SipStreamLimits;
  readonly #events: SipStreamEvents;
  #connecting: boolean;
  #closed = false;
  #ending = false;
  /** Whether the peer is no stranger: it brought a message, or was connected to by us. */
  #served: boolean;
  #awaited: Awaited | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #unsent: number;

  constructor(carriage: Carriage, kind: 'accepted' | 'dialled', limits: SipStreamLimits, events: SipStreamEvents) {
    this.#carriage = carriage;
    this.#limits = limits;
    this.#unsent = limits.unsent;
    this.#events = events;
    this.#connecting = kind === 'dialled';
    this.#served = kind === 'dialled';
    this.#await(kind === 'dialled' ? 'connect' : 'firstMessage');
    carriage.open({
      connected: () => {
        this.#connecting = false;
        this.#await(undefined);
        events.connected?.();
      },
      arrived: (chunk, pieces) => this.#read(chunk, pieces),
      ended: () => this.close(),
    });
  }

  get isOpen(): boolean {
    return !this.#closed && !this.#ending;
  }

  get isConnecting(): boolean {
    return this.#connecting && !this.#closed;
  }

  /** Text has one character a byte (latin1). */
  send(text: string): void {
    if (!this.isOpen) return;
    this.#carriage.write(text);
    // A peer that does not read must not fill our memory.
    if (this.#carriage.unsent > this.#unsent) this.close();
  }

  /** Lets so many bytes wait for a peer that reads slowly. */
  limitUnsent(bytes: number): void {
    this.#unsent = bytes;
  }

  /** Closes it if nothing, not even a keep-alive, comes for this long (ms). */
  limitIdleness(time: number): void {
    clearTimeout(this.#idle);
    if (!this.#closed) this.#idle = setTimeout(() => this.close(), time);
  }

  /** Closes it when what was sent is out. */
  end(): void {
    if (!this.isOpen) return;
    this.#ending = true;
    this.#carriage.end(() => this.close());
    this.#await('connect');
  }

  close(fault?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#idle);
    this.#carriage.destroy();
    this.#events.closed(this.#connecting, fault);
  }

  #read(chunk: Buffer, pieces = 1): void {
    if (!this.isOpen) return;
    if (this.#events.mayRead?.(chunk.length, pieces) === false) {
      this.close();
      return;
    }
    this.#idle?.refresh();
    for (const unit of this.#carriage.units(chunk)) this.#take(unit);
    if (this.#carriage.isBroken) this.end();
    else if (this.#served) this.#await(this.#carriage.isInside ? 'message' : undefined);
  }

  #take(unit: StreamUnit): void {
    if (!this.isOpen) return;
    if (unit.kind === 'ping') {
      if (this.#events.ping) this.#events.ping();
      else this.send('\r\n');
    } else if (unit.kind === 'message') {
      this.#served = true;
      this.#await(undefined);
      try {
        this.#events.message(unit.text, unit.cut);
      } catch (error) {
        // What one peer sends must not end the process that serves all others.
        this.close(error);
      }
    }
  }

  /** A wait that is on goes on, whatever arrives: a peer that sends byte by byte gains no time. */
  #await(what: Awaited | undefined): void {
    if (this.#awaited === what || this.#closed) return;
    clearTimeout(this.#deadline);
    this.#awaited = what;
    if (what !== undefined) this.#deadline = setTimeout(() => this.close(), this.#limits[what]);
  }
}
