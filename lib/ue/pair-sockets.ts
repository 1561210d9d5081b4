import type { RemoteInfo } from 'node:dgram';
import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../ice/transport-address';
import type { CandidatePair } from './candidate-pair';
import type { HttpProxy } from './open-socket';
import type { PacketPorts } from './packet-ports';
import { TcpChannel } from './tcp-channel';

export interface PairSocketsListeners {
  udpPacket: (packet: Buffer, from: RemoteInfo) => void;
  relayPacket: (packet: Buffer, from: TransportAddress) => void;
  packet: (packet: Buffer, pair: CandidatePair) => void;
  /** A connection is gone, or never came about; not after it was closed from here. */
  closed: (pair: CandidatePair, reason: string) => void;
}

/** The sockets of one stream: ports, if it carries packets, and a TCP connection for each pair that was dialled. */
export class PairSockets {
  readonly #ports: PacketPorts | undefined;
  readonly #proxy: HttpProxy | undefined;
  readonly #listeners: PairSocketsListeners;
  readonly #channels = new Map<CandidatePair, TcpChannel>();

  /** @param proxy what TCP goes through */
  constructor(ports: PacketPorts | undefined, proxy: HttpProxy | undefined, listeners: PairSocketsListeners) {
    this.#ports = ports;
    this.#proxy = proxy;
    this.#listeners = listeners;
    ports?.udp?.on('packet', listeners.udpPacket);
    ports?.relay?.on('packet', listeners.relayPacket);
  }

  isOpen(pair: CandidatePair): boolean {
    return pair.local.transport === 'udp' || this.#channels.get(pair)?.open === true;
  }

  /** RFC 6544 §7.1: an active candidate connects. */
  dial(pair: CandidatePair, connected: () => void): void {
    const channel = new TcpChannel({
      ...{ local: pair.local.address, remote: pair.remote, proxy: this.#proxy },
      carriesBytes: this.#ports === undefined,
    });
    this.#channels.get(pair)?.close();
    this.#channels.set(pair, channel);
    channel.on('connected', connected);
    channel.on('packet', (packet) => this.#listeners.packet(packet, pair));
    channel.on('closed', (reason) => {
      this.#channels.delete(pair);
      this.#listeners.closed(pair, reason);
    });
  }

  /** False if there is no connection, or it does not drain. */
  send(pair: CandidatePair, packet: Buffer): boolean {
    if (pair.local.transport === 'tcp') return this.#channels.get(pair)?.send(packet) ?? false;
    if (pair.local.type === 'relay') this.#ports?.relay?.send(packet, pair.remote);
    else this.sendTo(pair.remote, packet);
    return true;
  }

  sendTo(to: TransportAddress, packet: Buffer): void {
    this.#ports?.udp?.send(packet, to);
  }

  /** False, and nothing is done, of a pair that has no connection for packets. */
  hangUp(pair: CandidatePair): boolean {
    const channel = this.#channels.get(pair);
    if (channel === undefined || this.#ports === undefined) return false;
    channel.close();
    return this.#channels.delete(pair);
  }

  /** What a connection carries, of a stream of bytes. */
  bytesOf(pair: CandidatePair): Duplex | undefined {
    return this.#channels.get(pair)?.bytes;
  }

  close(): void {
    this.#ports?.udp?.close();
    this.#ports?.relay?.close();
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
