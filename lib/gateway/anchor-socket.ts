import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';

/** Takes what comes from rtpengine. */
export interface AnchorListener {
  anchorPacket(packet: Buffer): void;
  anchorStranger(): void;
  anchorError(): void;
}

/** Bytes that may wait in the kernel's way toward rtpengine before packets are dropped. */
const maxQueuedBytes = 256 * 1024;

/** Messages kept while the socket is not yet connected. */
const maxPending = 8;

/**
 * One connected UDP socket toward rtpengine. Each connection of a UE has its own: rtpengine knows the
 * connection by the socket's address, a peer-reflexive candidate.
 */
export class AnchorSocket {
  readonly #anchor: TransportAddress;
  readonly #listener: AnchorListener;
  readonly #socket: Socket;
  #pending: Buffer[] | undefined = [];
  #closed = false;
  readonly #sent = (fault: Error | null): void => {
    if (fault !== null && !this.#closed) this.#listener.anchorError();
  };

  constructor(anchor: TransportAddress, listener: AnchorListener) {
    this.#anchor = { address: normalAddress(anchor.address), port: anchor.port };
    this.#listener = listener;
    const family = this.#anchor.address.includes(':') ? 6 : 4;
    this.#socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Addresses only: a name would be looked up for every connection.
      lookup: (hostname, _options, callback) => callback(null, hostname, family),
    });
    this.#socket.on('message', (packet, from) => this.#received(packet, from));
    this.#socket.on('error', () => this.#listener.anchorError());
    this.#socket.connect(this.#anchor.port, this.#anchor.address, (...failure: unknown[]) => {
      if (failure[0] === undefined || failure[0] === null) this.#connected();
      else this.#listener.anchorError();
    });
  }

  /** False if the packet was dropped: not connected yet, or the kernel does not take more. */
  send(packet: Buffer): boolean {
    if (this.#closed) return false;
    if (this.#pending !== undefined) return this.#pending.length < maxPending && this.#pending.push(packet) > 0;
    if (this.#socket.getSendQueueSize() > maxQueuedBytes) return false;
    this.#socket.send(packet, this.#sent);
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = undefined;
    this.#socket.close();
  }

  #connected(): void {
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    if (!this.#closed) for (const packet of pending) this.#socket.send(packet, this.#sent);
  }

  #received(packet: Buffer, from: RemoteInfo): void {
    if (this.#closed) return;
    // Between bind and connect the kernel takes datagrams from anyone.
    if (from.port === this.#anchor.port && from.address === this.#anchor.address) this.#listener.anchorPacket(packet);
    else this.#listener.anchorStranger();
  }
}
