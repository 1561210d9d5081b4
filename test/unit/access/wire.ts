import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AccessListener } from '../../../lib/access/access-listener';
import { parse, type Message } from '../sip/sip-peer';

/** One end of a TCP or TLS connection, with all that it received. */
export class Wire<S extends Duplex = Socket> {
  readonly #waiting = new Set<() => void>();
  readonly socket: S;
  text = '';
  #looked = 0;
  readonly closed: Promise<unknown>;

  constructor(socket: S) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      for (const look of [...this.#waiting]) look();
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<Wire> {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Drops what came and was looked at. */
  forget(): void {
    this.text = this.text.slice(this.#looked);
    this.#looked = 0;
  }

  /** Resolves when `length` bytes have come in all. */
  async bytes(length: number): Promise<string> {
    await this.#until(() => this.text.length >= length || undefined);
    return this.text;
  }

  /** The next message not yet looked at. */
  async next(): Promise<Message> {
    return await this.#until(() => {
      const rest = this.text.slice(this.#looked);
      const start = /^[\r\n]*/.exec(rest)?.[0].length ?? 0;
      const end = rest.indexOf('\r\n\r\n', start);
      if (end < 0) return undefined;
      const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
      if (rest.length < end + 4 + length) return undefined;
      this.#looked += end + 4 + length;
      return parse(rest.slice(start, end + 4 + length));
    });
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    return await new Promise((resolve) => {
      const attempt = () => {
        const found = look();
        if (found === undefined) return;
        this.#waiting.delete(attempt);
        resolve(found);
      };
      this.#waiting.add(attempt);
      attempt();
    });
  }
}

/** Stands in for the SIP server's access contact: each connection of a UE is one of its own. */
export class FakeSipServer {
  readonly #server: Server;
  readonly #accepted: Wire[] = [];
  readonly #waiting: ((wire: Wire) => void)[] = [];
  count = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.count++;
      const wire = new Wire(socket);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(wire);
      else this.#accepted.push(wire);
    });
  }

  static async start(address = '127.0.0.1', port = 0): Promise<FakeSipServer> {
    const fake = new FakeSipServer();
    fake.#server.listen(port, address);
    await once(fake.#server, 'listening');
    return fake;
  }

  get at(): { address: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { address, port };
  }

  async connection(): Promise<Wire> {
    return this.#accepted.shift() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The P-CSCF's word that somebody is registered over a UE's connection, which the SIP server has as `far`. */
export function tellRegistered(listener: AccessListener, far: Wire, identity = 'sip:alice@ims.example'): void {
  listener.registered('127.0.0.1', far.socket.remotePort ?? 0, { identity, seconds: 600 });
}

let serial = 0;

/** A request as a UE behind a NAT writes it. */
export function request(
  method: string,
  headers: Record<string, string> = {},
  body = '',
  uri = 'sip:bob@ims.example',
): string {
  const id = ++serial;
  const lines = {
    Via: `SIP/2.0/TLS 10.1.2.3:5062;rport;branch=z9hG4bK-ue-${id}`,
    'Max-Forwards': '70',
    From: `<sip:alice@ims.example>;tag=a${id}`,
    To: '<sip:bob@ims.example>',
    'Call-ID': `call-${id}`,
    CSeq: `1 ${method}`,
    Contact: '<sip:alice@10.1.2.3:5062;transport=tls>',
    ...headers,
    'Content-Length': String(body.length),
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${uri} SIP/2.0\r\n${text.join('')}\r\n${body}`;
}

/** A response to a request, with what is copied from it. */
export function response(to: Message, status: number, headers: Record<string, string> = {}, body = ''): string {
  const copied = [
    ...to.all('Via').map((via) => `Via: ${via}\r\n`),
    ...to.all('Record-Route').map((route) => `Record-Route: ${route}\r\n`),
    `From: ${to.header('From')}\r\n`,
    `To: ${to.header('To')}${to.header('To').includes('tag=') || status === 100 ? '' : ';tag=answerer'}\r\n`,
    `Call-ID: ${to.header('Call-ID')}\r\n`,
    `CSeq: ${to.header('CSeq')}\r\n`,
  ];
  const others = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `SIP/2.0 ${status} Test\r\n${[...copied, ...others].join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
}
