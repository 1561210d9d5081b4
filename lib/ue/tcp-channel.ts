import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Deframer, framed } from '../ice/deframer';
import type { TransportAddress } from '../ice/transport-address';

export interface TcpChannelEvents {
  connected: [];
  packet: [packet: Buffer];
  /** The connection ended or never was; `reason` is for a person. Comes once, and not after `close()`. */
  closed: [reason: string];
}

/** Bytes that may wait in the socket; media beyond is dropped, as a UDP path would drop it. */
const maxBacklog = 64 * 1024;

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
};

/** Why a connection failed, for a person. */
export function closeReason({ code, message }: NodeJS.ErrnoException): string {
  return reasons[code ?? ''] ?? message;
}

/** One TCP connection to a passive candidate, carrying packets in RFC 4571 frames. */
export class TcpChannel extends EventEmitter<TcpChannelEvents> {
  readonly #socket: Socket;
  #open = false;
  #ended = false;

  constructor(local: string, remote: TransportAddress) {
    super();
    this.#socket = connect({ host: remote.address, port: remote.port, localAddress: local, noDelay: true });
    this.#socket.on('connect', () => {
      this.#open = true;
      this.emit('connected');
    });
    const deframer = Deframer.ofAnyLength((packet) => this.emit('packet', packet));
    this.#socket.on('data', (chunk) => deframer.push(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(closeReason(error)));
    this.#socket.on('close', () => this.#end('closed by the peer'));
  }

  get open(): boolean {
    return this.#open;
  }

  /** Sends a packet; false if it was dropped because the connection is not open or does not drain. */
  send(packet: Buffer): boolean {
    if (!this.#open || this.#socket.writableLength > maxBacklog) return false;
    this.#socket.write(framed(packet));
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#open = false;
    this.#socket.destroy();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.close();
    this.emit('closed', reason);
  }
}
