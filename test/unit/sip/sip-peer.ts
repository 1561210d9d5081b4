import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A SIP message as it stood on the wire, with enough taken apart to answer it. */
export interface Message {
  raw: string;
  startLine: string;
  /** Method of a request, or of the CSeq of a response. */
  method: string;
  /** 0 for a request. */
  status: number;
  body: string;
  /** The first value of a header, by its full name. */
  header(name: string): string;
  all(name: string): string[];
}

/** By name; a header of several lines has a list, and an empty value leaves the header out. */
export type PeerHeaders = Record<string, string | readonly string[]>;

const compactForms: Record<string, string> = { 'Call-ID': 'i', Contact: 'm', From: 'f', To: 't', Via: 'v' };

export function parse(raw: string): Message {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const [startLine = '', ...lines] = head.split('\r\n');
  const all = (name: string) =>
    lines.flatMap((line) => {
      const [, key = '', value = ''] = /^([^:]+?)\s*:\s*(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), compactForms[name]].includes(key.toLowerCase()) ? [value] : [];
    });
  const header = (name: string) => all(name)[0] ?? '';
  const status = Number(/^SIP\/2.0 (\d+)/.exec(startLine)?.[1] ?? 0);
  const method = status ? (header('CSeq').split(' ')[1] ?? '') : (startLine.split(' ')[0] ?? '');
  return { raw, startLine, method, status, body: rest.join('\r\n\r\n'), header, all };
}

let serial = 0;

/** One scripted SIP endpoint over UDP, or over one TCP connection that it made to the server. */
export class SipPeer {
  readonly #received: Message[] = [];
  readonly #waiting: { wanted: (message: Message) => boolean; found: (message: Message) => void }[] = [];
  readonly #transmit: (message: Uint8Array) => void;
  readonly #close: () => void;
  readonly #encoding: BufferEncoding;
  readonly address: string;
  readonly port: number;
  readonly transport: string;
  readonly history: Message[] = [];

  private constructor(
    at: AddressInfo,
    { transport, encoding }: { transport: string; encoding: BufferEncoding },
    transmit: (message: Uint8Array) => void,
    close: () => void,
  ) {
    this.address = at.address;
    this.port = at.port;
    this.transport = transport;
    this.#encoding = encoding;
    this.#transmit = transmit;
    this.#close = close;
  }

  /** `encoding`: `latin1` has one character a byte, whatever the bytes are. */
  static async udp(
    address: string,
    server: { address: string; port: number },
    port = 0,
    encoding: BufferEncoding = 'utf8',
  ): Promise<SipPeer> {
    const socket: UdpSocket = createSocket('udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    const transmit = (message: Uint8Array) => {
      // A response goes back the way of its request (RFC 3261 §18.2.2), a request along its Route, or to a flow token.
      const text = message.toString();
      const via = /^SIP\/2\.0[^]*?\r\nVia:[^,\r]*?\/UDP ([\d.]+):?(\d*)/.exec(text);
      const route = /^[A-Z]+ [^]*?\r\nRoute: <sip:[^@>]+@([\d.]+):(\d+)/.exec(text);
      const [, host, port] = via ?? route ?? /^[A-Z]+ sip:[\w-]{32,}@([\d.]+):(\d+)/.exec(text) ?? [];
      if (host === undefined) socket.send(message, server.port, server.address);
      else socket.send(message, Number(port) || 5060, host);
    };
    const peer = new SipPeer(socket.address(), { transport: 'UDP', encoding }, transmit, () => socket.close());
    socket.on('message', (bytes) => peer.#take(parse(bytes.toString(encoding))));
    return peer;
  }

  static async tcp(
    address: string,
    server: { address: string; port: number },
    encoding: BufferEncoding = 'utf8',
  ): Promise<SipPeer> {
    const socket: Socket = connect({ host: server.address, port: server.port, localAddress: address, noDelay: true });
    await once(socket, 'connect');
    // Who was disconnected may not know it yet when it writes.
    socket.on('error', () => undefined);
    const at = { address, port: socket.localPort ?? 0, family: 'IPv4' };
    const peer = new SipPeer(
      at,
      { transport: 'TCP', encoding },
      (message) => socket.write(message),
      () => socket.destroy(),
    );
    let buffered = '';
    socket.on('data', (bytes) => {
      buffered += bytes.toString(encoding);
      for (;;) {
        const end = buffered.indexOf('\r\n\r\n');
        const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(buffered)?.[1] ?? 0);
        if (end < 0 || buffered.length < end + 4 + length) return;
        peer.#take(parse(buffered.slice(0, end + 4 + length)));
        buffered = buffered.slice(end + 4 + length);
      }
    });
    return peer;
  }

  get contact(): string {
    return `<sip:${this.tag}@${this.address}:${this.port}${this.transport === 'TCP' ? ';transport=tcp' : ''}>`;
  }

  close(): void {
    this.#close();
  }

  /** The oldest message not yet looked at that is wanted: a method, a status such as `200 INVITE`, or a test. */
  async next(wanted: string | ((message: Message) => boolean)): Promise<Message> {
    const fits =
      typeof wanted === 'function'
        ? wanted
        : (message: Message) => (message.status ? `${message.status} ${message.method}` : message.method) === wanted;
    const index = this.#received.findIndex(fits);
    const [found] = index < 0 ? [] : this.#received.splice(index, 1);
    if (found) return found;
    return await new Promise((resolve) => this.#waiting.push({ wanted: fits, found: resolve }));
  }

  /** Drops what came and was not looked at, and who waits for more. */
  forget(): void {
    this.#received.length = 0;
    this.#waiting.length = 0;
  }

  #take(message: Message): void {
    this.history.push(message);
    const index = this.#waiting.findIndex(({ wanted }) => wanted(message));
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting) waiting.found(message);
    else this.#received.push(message);
  }

  /** What no well-behaved peer would send. */
  sendBytes(message: Uint8Array): void {
    this.#transmit(message);
  }

  send(startLine: string, headers: PeerHeaders, body = ''): void {
    const lines = headerLines(headers).filter((line) => !line.endsWith(': '));
    const isTyped = Object.entries(headers).some(([name, value]) => /^(content-type|c)$/i.test(name) && value !== '');
    const type = body && !isTyped ? ['Content-Type: application/sdp'] : [];
    const length = `Content-Length: ${Buffer.byteLength(body, this.#encoding)}`;
    const text = [startLine, ...lines, ...type, length, '', body].join('\r\n');
    this.#transmit(Buffer.from(text, this.#encoding));
  }

  via(): string {
    return `SIP/2.0/${this.transport} ${this.address}:${this.port};rport;branch=z9hG4bK-t-${++serial}`;
  }

  /** Sends a request outside a dialog and returns what a later one in its dialog needs. */
  request(method: string, uri: string, extra: PeerHeaders = {}, body = ''): Message {
    const id = ++serial;
    const headers = {
      Via: this.via(),
      'Max-Forwards': '70',
      From: `"Alice" <sip:alice@ims.example>;tag=t${id}`,
      To: '<sip:bob@ims.example>',
      'Call-ID': `call-${process.pid}-${id}`,
      CSeq: `1 ${method}`,
      Contact: this.contact,
      ...extra,
    };
    this.send(`${method} ${uri} SIP/2.0`, headers, body);
    return parse([`${method} ${uri} SIP/2.0`, ...headerLines(headers), '', body].join('\r\n'));
  }

  /** Answers a request; To gets a tag that is this peer's own. */
  respond(request: Message, status: number, extra: PeerHeaders = {}, body = '', reason = 'Test'): void {
    const to = request.header('To');
    const headers = {
      Via: request.all('Via').join(', '),
      From: request.header('From'),
      To: to.includes(';tag=') ? to : `${to};tag=${this.tag}`,
      'Call-ID': request.header('Call-ID'),
      CSeq: request.header('CSeq'),
      'Record-Route': request.all('Record-Route').join(', '),
      Contact: this.contact,
      ...extra,
    };
    this.send(`SIP/2.0 ${status} ${reason}`, headers, body);
  }

  get tag(): string {
    return `peer${this.port}`;
  }

  /** ACK to a response of an INVITE that this peer sent. */
  ack(invite: Message, response: Message, body = '', extra: PeerHeaders = {}): void {
    const final = response.status >= 300;
    this.send(
      `ACK ${final ? uriOf(invite) : target(response)} SIP/2.0`,
      {
        Via: final ? invite.header('Via') : this.via(),
        'Max-Forwards': '70',
        From: invite.header('From'),
        To: response.header('To'),
        'Call-ID': invite.header('Call-ID'),
        CSeq: invite.header('CSeq').replace('INVITE', 'ACK'),
        ...extra,
      },
      body,
    );
  }

  cancel(invite: Message, extra: PeerHeaders = {}): void {
    this.send(`CANCEL ${uriOf(invite)} SIP/2.0`, {
      Via: invite.header('Via'),
      'Max-Forwards': '70',
      From: invite.header('From'),
      To: invite.header('To'),
      'Call-ID': invite.header('Call-ID'),
      CSeq: invite.header('CSeq').replace('INVITE', 'CANCEL'),
      ...extra,
    });
  }

  /** A request inside the dialog that `invite` and its answer made; works for either end of it. */
  inDialog(dialog: PeerDialog, method: string, extra: PeerHeaders = {}, body = ''): Message {
    const headers = {
      Via: this.via(),
      'Max-Forwards': '70',
      From: dialog.local,
      To: dialog.remote,
      'Call-ID': dialog.callId,
      CSeq: `${++dialog.cseq} ${method}`,
      ...(dialog.routes && { Route: dialog.routes }),
      Contact: this.contact,
      ...extra,
    };
    this.send(`${method} ${dialog.target} SIP/2.0`, headers, body);
    return parse([`${method} ${dialog.target} SIP/2.0`, ...headerLines(headers), '', body].join('\r\n'));
  }
}

function headerLines(headers: PeerHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}`));
}

export interface PeerDialog {
  local: string;
  remote: string;
  callId: string;
  target: string;
  /** Value of Route. */
  routes?: string;
  cseq: number;
}

/** The caller's view of a dialog. */
export function callerDialog(invite: Message, response: Message): PeerDialog {
  return {
    local: invite.header('From'),
    remote: response.header('To'),
    callId: invite.header('Call-ID'),
    target: target(response),
    cseq: Number(invite.header('CSeq').split(' ')[0]),
  };
}

/** The callee's view of a dialog. */
export function calleeDialog(invite: Message, peer: Pick<SipPeer, 'tag'>): PeerDialog {
  return {
    local: `${invite.header('To')};tag=${peer.tag}`,
    remote: invite.header('From'),
    callId: invite.header('Call-ID'),
    target: target(invite),
    routes: invite.all('Record-Route').join(', '),
    cseq: 100,
  };
}

export function uriOf(request: Message): string {
  return request.startLine.split(' ')[1] ?? '';
}

function target(message: Message): string {
  return /<([^>]+)>/.exec(message.header('Contact'))?.[1] ?? '';
}

/**
 * A port of `address` that is free for UDP and TCP, below those that the kernel gives to outgoing connections:
 * one of these could take it before the server does.
 */
export async function freePort(address: string): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000);
  const server: Server = createServer().listen(port, address);
  const socket = createSocket('udp4').bind(port, address);
  try {
    await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
    return port;
  } catch {
    return await freePort(address);
  } finally {
    server.close();
    socket.close();
  }
}
