import { createSocket, type RemoteInfo } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { TransportAddress } from '../ice/transport-address';
import { EdgeError } from '../errors';

export interface UdpPortEvents {
  packet: [packet: Buffer, from: RemoteInfo];
}

/** One bound UDP port. Send errors count as loss: an unreachable peer is found by its silence. */
export class UdpPort extends EventEmitter<UdpPortEvents> {
  readonly #socket;
  #closed = false;

  private constructor(address: string) {
    super();
    this.#socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#socket.on('message', (packet, from) => this.emit('packet', packet, from));
  }

  /** Binds to `address`; port 0 takes a free one. Rejects with `address-unusable`. */
  static async open(address: string, port = 0): Promise<UdpPort> {
    const opened = new UdpPort(address);
    try {
      const listening = once(opened.#socket, 'listening');
      opened.#socket.bind(port, address);
      await listening;
    } catch (cause) {
      opened.close();
      throw new EdgeError('address-unusable', `UDP ${address}:${port} cannot be bound.`, { cause });
    }
    opened.#socket.on('error', () => undefined);
    return opened;
  }

  /** An even port and the next one, for RTP and RTCP without multiplexing (RFC 3550 §11). */
  static async openPair(address: string): Promise<[UdpPort, UdpPort]> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const first = await UdpPort.open(address);
      if (first.port % 2 === 0) {
        const second = await UdpPort.open(address, first.port + 1).catch(() => undefined);
        if (second !== undefined) return [first, second];
      }
      first.close();
    }
    throw new EdgeError('address-unusable', `No two neighbouring UDP ports are free on ${address}.`);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: Buffer, to: TransportAddress): void {
    if (!this.#closed) this.#socket.send(packet, to.port, to.address, () => undefined);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
