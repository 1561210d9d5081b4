import { createSocket, Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client } from 'rtpengine-client';
import type { ControlAddress } from '../../../lib/rtpengine/control-address';
import { NgFrames } from '../../../lib/rtpengine/ng-frames';

export interface NgRequest {
  cookie: string;
  command: string;
  options: Record<string, unknown>;
  /** Sends a reply, to this request or, with another cookie, to none. */
  reply(reply: object, cookie?: string): void;
  /** Sends bytes as they are. */
  send(bytes: Buffer): void;
}

type Transport = ControlAddress['transport'];

/** Something that speaks ng as far as a test wants it to: each request goes to `answer`, which may stay silent. */
export class FakeNgServer {
  readonly requests: NgRequest[] = [];
  answer: (request: NgRequest) => void;
  readonly at: ControlAddress;
  readonly #socket: UdpSocket | Server;
  /** Over TCP: all that were made. */
  readonly connections: Socket[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  private constructor(socket: UdpSocket | Server, transport: Transport, answer: (request: NgRequest) => void) {
    this.#socket = socket;
    this.at = { transport, host: '127.0.0.1', port: (socket.address() as AddressInfo).port };
    this.answer = answer;
    if (socket instanceof UdpSocket)
      socket.on('message', (datagram, from) =>
        this.#receive(datagram, (bytes) => socket.send(bytes, from.port, from.address)),
      );
    else socket.on('connection', (connection) => this.#accept(connection));
  }

  static async start(
    answer: (request: NgRequest) => void = pong,
    transport: Transport = 'udp',
    port = 0,
  ): Promise<FakeNgServer> {
    const socket =
      transport === 'udp' ? createSocket('udp4').bind(port, '127.0.0.1') : createServer().listen(port, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeNgServer(socket, transport, answer);
  }

  get url(): string {
    return `${this.at.transport}://127.0.0.1:${this.at.port}`;
  }

  commands(): string[] {
    return this.requests.map(({ command }) => command);
  }

  /** Resolves when so many requests have come in all. */
  async received(count: number): Promise<void> {
    if (this.requests.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #accept(connection: Socket): void {
    this.connections.push(connection);
    const frames = new NgFrames();
    connection.on('error', () => undefined);
    connection.on('data', (chunk) => {
      for (const message of frames.push(chunk)) this.#receive(message, (bytes) => connection.write(bytes));
    });
  }

  #receive(message: Buffer, send: (bytes: Buffer) => void): void {
    const { id, data } = Client.decodeMessage(message) as { id: string; data: Record<string, unknown> };
    const request: NgRequest = {
      cookie: id,
      command: String(data['command']),
      options: data,
      send,
      reply: (reply, cookie = id) => send(Client.encodeMessage(cookie, reply)),
    };
    this.requests.push(request);
    this.answer(request);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.requests.length < count) return true;
      resolve();
      return false;
    });
  }
}

export function pong(request: NgRequest): void {
  request.reply({ result: request.command === 'ping' ? 'pong' : 'ok' });
}
