import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Deframer, framed } from '../ice/deframer';
import type { TransportAddress } from '../ice/transport-address';
import { FramedSocket } from './framed-socket';
import { closeReason, openSocket, type HttpProxy } from './open-socket';

export interface TcpChannelEvents {
  connected: [];
  packet: [packet: Buffer];
  /** The connection ended or never was; `reason` is for a person. Comes once, and not after `close()`. */
  closed: [reason: string];
}

/** Bytes that may wait in the socket; media beyond is dropped, as a UDP path would drop it. */
const maxBacklog = 64 * 1024;

export interface TcpChannelOptions {
  /** Our address. */
  local: string;
  remote: TransportAddress;
  proxy: HttpProxy | undefined;
  /** Bytes, with STUN between them; else packets. */
  carriesBytes: boolean;
}

/**
 * One TCP connection to a passive candidate, carrying packets in RFC 4571 frames, or STUN alone beside a stream of bytes.
 * Nothing of the stream is read before somebody reads it.
 */
export class TcpChannel extends EventEmitter<TcpChannelEvents> {
  readonly #carriesBytes: boolean;
  readonly #giveUp = new AbortController();
  #socket: Socket | undefined;
  #bytes: FramedSocket | undefined;
  #ended = false;

  constructor({ local, remote, proxy, carriesBytes }: TcpChannelOptions) {
    super();
    this.#carriesBytes = carriesBytes;
    openSocket({ host: remote.address, port: remote.port, local, proxy, signal: this.#giveUp.signal }).then(
      (socket) => this.#opened(socket),
      (error: unknown) => this.#end(closeReason(error as Error)),
    );
  }

  get open(): boolean {
    return this.#socket !== undefined && !this.#ended;
  }

  /** What it carries between the STUN, once it is open; it ends with the connection. */
  get bytes(): FramedSocket | undefined {
    return this.#bytes;
  }

  /** Sends a packet; false if it was dropped because the connection is not open, or media does not drain. */
  send(packet: Buffer): boolean {
    const socket = this.#socket;
    if (socket === undefined || !this.open || !socket.writable) return false;
    if (!this.#carriesBytes && socket.writableLength > maxBacklog) return false;
    socket.write(framed(packet));
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#giveUp.abort();
    (this.#bytes ?? this.#socket)?.destroy();
  }

  #opened(socket: Socket): void {
    if (this.#ended) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const received = (packet: Buffer) => this.emit('packet', packet);
    if (this.#carriesBytes) {
      this.#bytes = new FramedSocket(socket, received);
      this.#bytes.on('error', () => undefined);
    } else {
      const deframer = Deframer.ofAnyLength(received);
      socket.on('data', (chunk) => deframer.push(chunk));
    }
    socket.on('error', (error) => this.#end(closeReason(error)));
    socket.on('close', () => this.#end('closed by the peer'));
    this.emit('connected');
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    // Of bytes, what came before can still be read.
    if (!this.#carriesBytes) this.#socket?.destroy();
    this.emit('closed', reason);
  }
}
