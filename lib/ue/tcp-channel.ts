import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Deframer, framed } from '../ice/deframer';
import type { TransportAddress } from '../ice/transport-address';
import { FramedSocket } from './framed-socket';
import { closeReason } from './open-socket';

export interface TcpChannelEvents {
  connected: [];
  packet: [packet: Buffer];
  /** The connection ended or never was; `reason` is for a person. Comes once, and not after `close()`. */
  closed: [reason: string];
}

/** Bytes that may wait in the socket; media beyond is dropped, as a UDP path would drop it. */
const maxBacklog = 64 * 1024;

/**
 * One TCP connection to a passive candidate, carrying packets in RFC 4571 frames, or STUN alone beside a stream of bytes.
 * Nothing of the stream is read before somebody reads it.
 */
export class TcpChannel extends EventEmitter<TcpChannelEvents> {
  /** What it carries between the STUN; it ends with the connection. */
  readonly bytes: FramedSocket | undefined;
  readonly #socket: Socket;
  #open = false;
  #ended = false;

  constructor(local: string, remote: TransportAddress, carriesBytes: boolean) {
    super();
    this.#socket = connect({ host: remote.address, port: remote.port, localAddress: local, noDelay: true });
    this.#socket.on('connect', () => {
      this.#open = true;
      this.emit('connected');
    });
    const received = (packet: Buffer) => this.emit('packet', packet);
    this.bytes = carriesBytes ? new FramedSocket(this.#socket, received) : undefined;
    this.bytes?.on('error', () => undefined);
    const deframer = Deframer.ofAnyLength(received);
    if (!carriesBytes) this.#socket.on('data', (chunk) => deframer.push(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(closeReason(error)));
    this.#socket.on('close', () => this.#end('closed by the peer'));
  }

  get open(): boolean {
    return this.#open;
  }

  /** Sends a packet; false if it was dropped because the connection is not open, or media does not drain. */
  send(packet: Buffer): boolean {
    const isFull = this.bytes === undefined && this.#socket.writableLength > maxBacklog;
    if (!this.#open || isFull || !this.#socket.writable) return false;
    this.#socket.write(framed(packet));
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#open = false;
    (this.bytes ?? this.#socket).destroy();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    // Of bytes, what came before can still be read.
    if (this.bytes === undefined) this.#socket.destroy();
    this.emit('closed', reason);
  }
}
