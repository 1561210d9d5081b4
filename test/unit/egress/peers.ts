import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { StreamFramer } from '../../../lib/wire/stream-framer';
import { hostPort } from '../../../lib/wire/sip-uri';

/** What a peer received, in order, to be waited for one by one. */
class Inbox {
  readonly #kept: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  put(text: string): void {
    const next = this.#waiting.shift();
    if (next) next(text);
    else this.#kept.push(text);
  }

  async next(): Promise<string> {
    const text = this.#kept.shift();
    return text ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }
}

export class UdpPeer {
  readonly inbox = new Inbox();
  /** The sender of what came last. */
  last: RemoteInfo | undefined;
  readonly #socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      this.last = from;
      this.inbox.put(bytes.toString('latin1'));
    });
  }

  static async open(address: string): Promise<UdpPeer> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new UdpPeer(socket);
  }

  /** `host:port`, IPv6 in brackets. */
  get at(): string {
    const { address, port } = this.#socket.address();
    return hostPort(address, port);
  }

  send(text: string, port: number, address: string): void {
    this.#socket.send(Buffer.from(text, 'latin1'), port, address);
  }

  close(): void {
    this.#socket.close();
  }
}

/** One end of a SIP connection. */
export class Connection {
  readonly inbox = new Inbox();
  readonly closed: Promise<unknown>;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    const framer = new StreamFramer();
    socket.on('data', (chunk) => {
      for (const unit of framer.push(chunk)) if (unit.kind === 'message') this.inbox.put(unit.text);
    });
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close');
  }

  static async open(port: number, address: string, localAddress: string): Promise<Connection> {
    const socket = connect({ port, host: address, localAddress });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }
}

/** A core that takes connections. */
export class TcpCore {
  readonly #server: Server;
  readonly connections: Connection[] = [];
  readonly #taken: ((connection: Connection) => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      const connection = new Connection(socket);
      this.connections.push(connection);
      this.#taken.shift()?.(connection);
    });
  }

  static async open(address: string): Promise<TcpCore> {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    return new TcpCore(server);
  }

  get at(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return hostPort(address, port);
  }

  /** The next connection to come. */
  async connection(): Promise<Connection> {
    return await new Promise((resolve) => this.#taken.push(resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }
}
