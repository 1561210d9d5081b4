import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Client } from 'rtpengine-client';

export interface NgRequest {
  cookie: string;
  command: string;
  options: Record<string, unknown>;
  /** Sends a reply, to this request or, with another cookie, to none. */
  reply(reply: object, cookie?: string): void;
  /** Sends bytes as they are. */
  send(bytes: Buffer): void;
}

/** Something that speaks ng as far as a test wants it to: each request goes to `answer`, which may stay silent. */
export class FakeNgServer {
  readonly requests: NgRequest[] = [];
  answer: (request: NgRequest) => void;
  readonly #socket: Socket;
  #waiting: { count: number; resolve: () => void }[] = [];

  private constructor(socket: Socket, answer: (request: NgRequest) => void) {
    this.#socket = socket;
    this.answer = answer;
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  static async start(answer: (request: NgRequest) => void = pong): Promise<FakeNgServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeNgServer(socket, answer);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get url(): string {
    return `udp://127.0.0.1:${this.port}`;
  }

  commands(): string[] {
    return this.requests.map(({ command }) => command);
  }

  /** Resolves when so many requests of a command have come in all. */
  async received(count: number): Promise<void> {
    if (this.requests.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const { id, data } = Client.decodeMessage(datagram) as { id: string; data: Record<string, unknown> };
    const send = (bytes: Buffer) => this.#socket.send(bytes, from.port, from.address);
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
