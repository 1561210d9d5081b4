import { randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buildBindingRequest } from '../../../lib/ice/binding';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { Deframer, framed } from '../../../lib/ice/deframer';
import { until } from './until';

/** How long a packet may take over loopback, on a busy machine, in ms. */
const arrivalMs = 5000;

/** An RTP packet of PCMU with this SSRC, whose payload begins with a text (RFC 3550 §5.1). */
export function rtp(ssrc: number, sequence: number, text: string): Buffer {
  const header = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((sequence * 160) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, Buffer.from(text.padEnd(160, '.'))]);
}

/** RTP or RTCP by its first byte (RFC 7983 §7). */
export function isMedia(packet: Buffer): boolean {
  return packet[0] !== undefined && packet[0] >= 128 && packet[0] <= 191;
}

/** ICE credentials as far as a sender of checks knows them. */
export interface Credentials {
  ufrag: string;
  pwd: string;
}

/** A connectivity check (RFC 8445 §7.2.2); `priority` as that of a host candidate over UDP unless given. */
export function check(to: Credentials, from: string, { nominating = true, priority = 1862270975 } = {}): Buffer {
  return buildBindingRequest({
    transactionId: randomBytes(12),
    username: `${to.ufrag}:${from}`,
    password: to.pwd,
    priority,
    useCandidate: nominating,
    tieBreaker: 1n,
  });
}

/** An end of media: what it received, and how to wait for more. */
export abstract class MediaEnd {
  readonly received: Buffer[] = [];

  abstract send(packet: Buffer): void;

  /** Texts of what came in, apart from STUN. */
  get heard(): string[] {
    return this.received.filter((packet) => (packet[0] ?? 0) > 3).map((packet) => packet.toString('latin1'));
  }

  async hears(text: string): Promise<void> {
    await until(`"${text}" arrives`, arrivalMs, () =>
      this.heard.some((packet) => packet.includes(text)) ? true : undefined,
    );
  }

  /** Sends a check and resolves when it is answered. */
  async checked(request: Buffer): Promise<void> {
    const id = request.subarray(8, 20);
    this.send(request);
    await until('the check is answered', arrivalMs, () =>
      this.received.some((packet) => packet.subarray(8, 20).equals(id)) ? true : undefined,
    );
  }
}

/** A bound UDP socket that sends to one address. */
export class UdpEnd extends MediaEnd {
  to: TransportAddress = { address: '', port: 9 };
  readonly #socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    super();
    this.#socket = socket;
    socket.on('message', (packet) => this.received.push(packet));
    socket.on('error', () => undefined);
  }

  static async open(address: string, port = 0): Promise<UdpEnd> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new UdpEnd(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: Buffer): void {
    this.#socket.send(packet, this.to.port, this.to.address);
  }

  close(): void {
    this.#socket.close();
  }
}

/** A connection to the gateway, in RFC 4571 frames. */
export class TcpEnd extends MediaEnd {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    super();
    this.socket = socket;
    const deframer = Deframer.ofAnyLength((packet) => this.received.push(packet));
    socket.on('data', (chunk) => deframer.push(chunk));
    socket.on('error', () => undefined);
  }

  /** Connects, from an address of its own if one is given. */
  static async open({ address, port }: TransportAddress, from?: string): Promise<TcpEnd> {
    const socket = connect({ host: address, port, noDelay: true, ...(from && { localAddress: from }) });
    await once(socket, 'connect');
    return new TcpEnd(socket);
  }

  send(packet: Buffer): void {
    this.socket.write(framed(packet));
  }

  async isClosed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  close(): void {
    this.socket.destroy();
  }
}
