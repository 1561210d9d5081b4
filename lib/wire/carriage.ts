import type { Socket } from 'node:net';
import { StreamFramer, type StreamUnit } from './stream-framer';

export interface CarriageReader {
  /** A connection that we open stands. */
  connected(): void;
  /** `pieces` that it came in, of which each costs; unset: one. */
  arrived(chunk: Buffer, pieces?: number): void;
  /** The peer, or the network, has ended it. */
  ended(): void;
}

/**
 * What carries SIP messages to and from one peer. TCP and TLS are streams of bytes, in which a message is as long as its
 * head says (RFC 3261 §18.3); of WebSocket, each message is one of its own (RFC 7118 §5).
 */
export interface Carriage {
  /** Called once, before anything is read. */
  open(reader: CarriageReader): void;
  /** What is complete with what arrived. */
  units(chunk: Buffer): Iterable<StreamUnit>;
  /** Whether a message has begun and is not complete. */
  readonly isInside: boolean;
  /** Whether nothing more can be read. */
  readonly isBroken: boolean;
  /** Bytes that the peer has not taken yet. */
  readonly unsent: number;
  /** Text has one character a byte (latin1). */
  write(text: string): void;
  /** Ends it when all is sent, and calls `done` then. */
  end(done: () => void): void;
  /** Ends it at once. */
  destroy(): void;
}

/** TCP, or TLS over it. */
export class SocketCarriage implements Carriage {
  readonly #socket: Socket;
  readonly #framer: StreamFramer;

  /** @param body longest that is read of a message, bytes; default: what `messageLimits` allows */
  constructor(socket: Socket, body?: number) {
    this.#socket = socket;
    this.#framer = new StreamFramer(body);
  }

  open(reader: CarriageReader): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    // The kernel finds out about peers that vanished.
    socket.setKeepAlive(true, 60_000);
    socket.on('connect', () => reader.connected());
    socket.on('data', (chunk) => reader.arrived(chunk));
    for (const event of ['end', 'error', 'close']) socket.on(event, () => reader.ended());
  }

  units(chunk: Buffer): Iterable<StreamUnit> {
    return this.#framer.push(chunk);
  }

  get isInside(): boolean {
    return this.#framer.isInside;
  }

  get isBroken(): boolean {
    return this.#framer.isBroken;
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  end(done: () => void): void {
    this.#socket.end(done);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
