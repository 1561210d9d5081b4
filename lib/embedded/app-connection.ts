import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { AdminFrameReader, writeAdminFrame } from '../wire/admin-frames';
import type { Flow } from './flow';
import { limits } from './limits';
import { wallClock } from '../ops/clock';
import { hostPort } from '../wire/sip-uri';

/** One frame of an app: the tokens of its head, and the SIP part behind it, if any. */
export interface AppFrame {
  readonly id: string;
  readonly type: string;
  readonly tokens: readonly string[];
  readonly sip: string;
}

/** How a SIP message reached the edge, for the head of the frame that brings it to the app. */
export interface Arrival {
  readonly bytes: number;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly txn: string;
  readonly dialogId: string;
  /** Address and port that an initial request was received on. */
  readonly receivedOn?: { readonly host: string; readonly port: number };
  readonly source?: 'network' | 'application';
}

export interface AppConnectionEvents {
  frame(frame: AppFrame, app: AppConnection): void;
  closed(app: AppConnection): void;
}

/** A connection of an app (drachtio-srf), with the frames that the edge sends on it. */
export class AppConnection {
  readonly #socket: Socket;
  readonly #events: AppConnectionEvents;
  readonly #reader = new AdminFrameReader(limits.adminFrame);
  isAuthenticated = false;
  #closed = false;

  constructor(socket: Socket, events: AppConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(limits.authenticate);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('timeout', () => this.close());
    socket.on('end', () => this.close());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /** Whether so much waits for the app that it should get no new requests. */
  get isCongested(): boolean {
    return this.#socket.writableLength > limits.congested;
  }

  authenticated(): void {
    this.isAuthenticated = true;
    this.#socket.setTimeout(0);
  }

  /** `OK` with more tokens, and a message where the reply shows one. */
  ok(id: string, tokens: readonly string[] = [], message?: string): void {
    this.#write(`response|${[id, 'OK', ...tokens].join('|')}`, message);
  }

  /** Refuses one frame; the connection stays. */
  nok(id: string, text: string): void {
    this.#write(`response|${id}|NOK|${text}`);
  }

  /** Refuses the app: the connection is closed. */
  no(id: string, text: string): void {
    this.#write(`response|${id}|NO|${text}`);
    this.#socket.end();
  }

  /** `OK` to a request: what was sent, and the transaction it has now. */
  sentRequest(id: string, message: string, flow: Flow, txn: string, bytes = message.length): void {
    const near = flow.local.transport === 'udp';
    const address = near ? flow.local.host : flow.remoteAddress;
    const port = near ? flow.local.port : flow.remotePort;
    const head = ['application', bytes, flow.local.transport, address, port, timestamp(), txn, 'Msg sent:', ''];
    this.ok(id, head.map(String), message);
  }

  /** `OK` to a response. */
  sentResponse(
    id: string,
    message: string,
    flow: Flow,
    sent: { protocol: string; txn: string; dialogId: string },
  ): void {
    const { protocol, txn, dialogId } = sent;
    const to = [flow.remoteAddress, flow.remotePort, timestamp()];
    const head = ['application', message.length, protocol, ...to, txn, dialogId, '', 'Msg sent:', ''];
    this.ok(id, head.map(String), message);
  }

  /** A SIP message that arrived, or one that the edge made itself. */
  sip(message: string, arrival: Arrival): void {
    const { source = 'network', bytes, protocol, address, port, txn, dialogId, receivedOn } = arrival;
    const head = ['sip', source, bytes, protocol, address, port, timestamp(), txn, dialogId];
    if (receivedOn) head.push(hostPort(receivedOn.host, undefined), receivedOn.port);
    this.#write(`${head.join('|')}|`, message);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#events.closed(this);
  }

  #read(chunk: Buffer): void {
    let payloads: string[];
    try {
      payloads = this.#reader.push(chunk);
    } catch {
      this.close(); // Where the next frame begins is not known.
      return;
    }
    for (const payload of payloads) {
      if (this.#closed) return;
      this.#events.frame(parseFrame(payload), this);
    }
  }

  #write(head: string, message?: string): void {
    if (this.#closed) return;
    const payload = `${randomUUID()}|${head}`;
    this.#socket.write(writeAdminFrame(message === undefined ? payload : `${payload}\r\n${message}`));
    // An app that does not read must not fill our memory.
    if (this.#socket.writableLength > limits.unsentToApp) this.close();
  }
}

function parseFrame(payload: string): AppFrame {
  const end = payload.indexOf('\r\n');
  const head = end < 0 ? payload : payload.slice(0, end);
  const [id = '', type = '', ...tokens] = head.split('|');
  return { id, type, tokens, sip: end < 0 ? '' : payload.slice(end + 2) };
}

/** UTC `hh:mm:ss.uuuuuu`. */
function timestamp(): string {
  return `${new Date(wallClock()).toISOString().slice(11, 23)}000`;
}
