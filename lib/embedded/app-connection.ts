import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { AdminFrameReader, writeAdminFrame } from '../wire/admin-frames';
import type { PeerFlow } from './peer-flow';
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

/** Why a frame of an app is not obeyed, as the app is told. */
export class FrameRefused extends Error {}

/** What an app is told of a SIP message besides the way that it came. */
export interface Shown {
  readonly txn: string;
  readonly dialogId: string;
  /** Size as received; unset: that of the message. */
  readonly bytes?: number;
  /** Unset: that of the flow. */
  readonly protocol?: string;
  /** The app is told which contact of ours it came to. */
  readonly isInitial?: boolean;
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

  /** Does what a frame asks for, or refuses it where that throws {@link FrameRefused}. */
  obey(id: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      this.nok(id, error.message);
    }
  }

  /** Refuses the app: the connection is closed. */
  no(id: string, text: string): void {
    this.#write(`response|${id}|NO|${text}`);
    this.#socket.end();
  }

  /** `OK` to a request: what was sent, and the transaction it has now. `isHeld`: it will be sent later. */
  sentRequest(id: string, message: string, flow: PeerFlow, txn: string, isHeld = !flow.isOpen): void {
    const bytes = isHeld ? 0 : message.length;
    const head = ['application', bytes, flow.local.transport, ...wayOf(flow), timestamp(), txn, 'Msg sent:', ''];
    this.ok(id, head.map(String), message);
  }

  /** `OK` to a response. */
  sentResponse(
    id: string,
    message: string,
    flow: PeerFlow,
    sent: { protocol: string; txn: string; dialogId: string },
  ): void {
    const { protocol, txn, dialogId } = sent;
    const to = [flow.remoteAddress, flow.remotePort, timestamp()];
    const head = ['application', message.length, protocol, ...to, txn, dialogId, '', 'Msg sent:', ''];
    this.ok(id, head.map(String), message);
  }

  /** A SIP message that arrived. `flow` unset: one that the edge made in place of a response. */
  sip(message: string, flow: PeerFlow | undefined, shown: Shown): void {
    const { txn, dialogId, bytes = message.length, protocol = flow?.local.transport, isInitial } = shown;
    const from = [flow?.remoteAddress, flow?.remotePort ?? 0];
    const head = ['sip', 'network', bytes, protocol, ...from, timestamp(), txn, dialogId];
    if (flow && isInitial === true) head.push(hostPort(flow.local.host, undefined), flow.local.port);
    this.#write(`${head.join('|')}|`, message);
  }

  /** A request that the edge has sent by itself. */
  unsolicited(message: string, flow: PeerFlow, dialogId: string): void {
    const head = ['application', message.length, flow.local.transport, ...wayOf(flow), timestamp(), 'unsolicited'];
    this.#write(`sip|${head.join('|')}|${dialogId}|`, message);
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

/** Of a request that was sent: drachtio-server tells its own end for UDP, and the far end for TCP. */
function wayOf({ local, remoteAddress, remotePort }: PeerFlow): [address: string, port: number] {
  return local.transport === 'udp' ? [local.host, local.port] : [remoteAddress, remotePort];
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
