import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../ice/transport-address';
import { FramedSocket } from './framed-socket';
import { closeReason, type TcpChannelEvents } from './tcp-channel';

/**
 * One TCP connection to a passive candidate that carries a stream of bytes, with STUN between them: what is sent
 * and received as a packet is STUN alone. Nothing of the stream is read before somebody reads it.
 */
export class ByteChannel extends EventEmitter<TcpChannelEvents> {
  readonly #bytes: FramedSocket;
  #open = false;
  #ended = false;

  constructor(local: string, remote: TransportAddress) {
    super();
    const socket = connect({ host: remote.address, port: remote.port, localAddress: local, noDelay: true });
    this.#bytes = new FramedSocket(socket, (message) => this.emit('packet', message));
    this.#bytes.on('error', () => undefined);
    socket.on('connect', () => {
      this.#open = true;
      this.emit('connected');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(closeReason(error)));
    socket.on('close', () => this.#end('closed by the peer'));
  }

  get open(): boolean {
    return this.#open;
  }

  /** What comes between the STUN, and what is sent there; it ends with the connection. */
  get bytes(): Duplex {
    return this.#bytes;
  }

  /** Sends a STUN message; false if the connection is not open. */
  send(message: Buffer): boolean {
    if (!this.#open) return false;
    this.#bytes.sendStun(message);
    return true;
  }

  close(): void {
    this.#ended = true;
    this.#open = false;
    this.#bytes.destroy();
  }

  /** What came before can still be read. */
  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    this.emit('closed', reason);
  }
}
