import { connect, type Socket } from 'node:net';
import { monotonicNow } from '../ops/clock';
import { NgFrames } from './ng-frames';
import type { NgTransport, NgTransportListener } from './ng-transport';

/** How long a connection may take to come up, in ms. */
const connectTimeoutMs = 1000;

/** How long no other connection is tried after one that did not come up, in ms. */
const backOffMs = 300;

const closed = 'it closed the connection';

/** What may wait for rtpengine to read it, in bytes: it reads at once, or it stands still. */
const maxUnsentBytes = 4 * 1024 * 1024;

interface Connection {
  socket: Socket;
  isUp: boolean;
  /** When something last came on it, or it came up; monotonic, ms. */
  heardAt: number;
}

/**
 * ng over one TCP connection, on which commands follow each other without waiting. It is made when there is something
 * to send, and again after it was lost.
 *
 * rtpengine (10.5.3 to 26.2) closes a connection on which it has seen more than 1024 bytes of a command and not its
 * end: on loopback a command arrives as a whole, on a network it may not.
 */
export class TcpTransport implements NgTransport {
  readonly isLossy = false;
  readonly #to: { host: string; port: number };
  readonly #listener: NgTransportListener;
  #connection: Connection | undefined;
  #backOff: { until: number; reason: string } | undefined;

  constructor(to: { host: string; port: number }, listener: NgTransportListener) {
    this.#to = to;
    this.#listener = listener;
  }

  send(message: Buffer): void {
    if (this.#backOff && monotonicNow() < this.#backOff.until) throw new Error(this.#backOff.reason);
    if (this.#connection?.socket.destroyed) this.#lose(this.#connection, closed);
    const { socket } = (this.#connection ??= this.#connect());
    if (socket.writableLength > maxUnsentBytes) throw new Error('it does not read what it is sent');
    socket.write(message);
  }

  unanswered(sentAt: number): undefined {
    const connection = this.#connection;
    // Its end may be gone without a word: another connection is answered, or refused.
    if (connection && connection.heardAt < sentAt) this.#lose(connection, 'its connection is silent');
  }

  close(): void {
    this.#connection?.socket.destroy();
    this.#connection = undefined;
  }

  #connect(): Connection {
    const socket = connect({ ...this.#to, noDelay: true });
    socket.unref();
    const connection: Connection = { socket, isUp: false, heardAt: 0 };
    const giveUp = setTimeout(() => {
      // A loop that was blocked has yet to see a connection that came up meanwhile.
      setImmediate(() => connection.isUp || this.#lose(connection, 'it takes no connection'));
    }, connectTimeoutMs).unref();
    socket.on('connect', () => {
      clearTimeout(giveUp);
      Object.assign(connection, { isUp: true, heardAt: monotonicNow() });
    });
    const frames = new NgFrames();
    socket.on('data', (chunk) => {
      connection.heardAt = monotonicNow();
      try {
        for (const message of frames.push(chunk)) this.#listener.received(message);
      } catch (error) {
        this.#lose(connection, (error as Error).message);
      }
    });
    socket.on('error', (error) => this.#lose(connection, error.message));
    socket.on('close', () => {
      clearTimeout(giveUp);
      this.#lose(connection, closed);
    });
    return connection;
  }

  #lose(connection: Connection, reason: string): void {
    connection.socket.destroy();
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#backOff = connection.isUp ? undefined : { until: monotonicNow() + backOffMs, reason };
    this.#listener.lost(reason, connection.isUp);
  }
}
