import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { AdminFrameReader, writeAdminFrame } from '../../../lib/wire/admin-frames';
import { EmbeddedEdge } from '../../../lib/embedded/embedded-edge';
import { StreamFramer } from '../../../lib/wire/stream-framer';
import { EdgeError } from '../../../lib/errors';
import { createLogger } from '../../../lib/ops/logger';
import { differenceOfFrames, differenceOfMessages, Ids } from './unify';

interface RecordedEvent {
  t_ms: number;
  channel: 'admin' | 'sip' | 'app' | 'server';
  from: string;
  to: string;
  conn?: number;
  transport?: 'udp' | 'tcp' | 'ws';
  event?: string;
  data?: string;
  dataBase64?: string;
  onlyInCapture?: boolean;
}

interface Recording {
  name: string;
  server: { contacts: string[] };
  events: RecordedEvent[];
}

/** Where the edge is meant to differ from a recording. */
export interface Exception {
  /** Found in the recorded text (or in the edge's, for `extra`). */
  where: RegExp;
  /** `absent`: not sent by the edge; `extra`: sent by the edge though not recorded; else what is not compared. */
  skip: 'absent' | 'extra' | readonly string[];
  because: string;
}

export interface ReplayOptions {
  /** ms; set where the recording shows timers: its pauses are kept, in the same proportion. */
  t1?: number;
  exceptions?: readonly Exception[];
}

/** What the edge sent to one endpoint. */
interface Seen {
  endpoint: string;
  text: string;
}

/** Where Node tells of each socket that is accepted or connects. */
const channels = ['net.server.socket', 'net.client.socket'];

const isEdge = (address: string) => /^127\.\d\.\d\.1{1,2}:/.test(address);

/**
 * Plays the peers and the app of a recording against the edge. Each message is sent once all that the recorded
 * server had sent before was seen, with the ids of now; what the edge sends is compared with what was recorded.
 */
export class Replay {
  readonly #recording: Recording;
  readonly #options: ReplayOptions;
  readonly #edge: EmbeddedEdge;
  readonly #udp = new Map<string, UdpSocket>();
  readonly #apps = new Map<string, Socket>();
  readonly #connections = new Map<string, Socket>();
  /** Peers that closed their connection themselves. */
  readonly #closing = new Set<string>();
  readonly #listeners = new Map<string, Server>();
  /** Both ends of all connections: the edge is in this process. */
  readonly #ends = new Set<Socket>();
  readonly #opened = (message: unknown) => this.#ends.add((message as { socket: Socket }).socket);
  #ids = new Ids();
  #expected: { event: RecordedEvent; endpoint: string; text: string }[] = [];
  #seen: Seen[] = [];
  #wake: () => void = () => undefined;

  private constructor(recording: Recording, options: ReplayOptions, edge: EmbeddedEdge) {
    this.#recording = recording;
    this.#options = options;
    this.#edge = edge;
    for (const channel of channels) subscribe(channel, this.#opened);
  }

  static async run(name: string, options: ReplayOptions = {}): Promise<void> {
    const file = readFileSync(join(__dirname, '../../vectors/drachtio', `${name}.json`), 'utf8');
    // Addresses of the same length in a network of our own: 127.0.0.x becomes 127.a.b.x.
    for (let attempt = 0; ; attempt++) {
      const net = 11 + ((process.pid * 7 + Math.floor(Math.random() * 88) + attempt) % 88);
      const prefix = `127.${Math.floor(net / 10)}.${net % 10}.`;
      const recording = JSON.parse(file.replaceAll('127.0.0.', prefix)) as Recording;
      moveTo(prefix, recording.events);
      let edge: EmbeddedEdge;
      try {
        edge = await EmbeddedEdge.start({
          contacts: recording.server.contacts,
          admin: { host: '127.0.0.1', port: 0 },
          secret: 'cymru',
          logger: createLogger('silent'),
          ...(options.t1 === undefined ? {} : { t1: options.t1 }),
        });
      } catch (error) {
        if (attempt < 10 && error instanceof EdgeError && error.message.includes('in use')) continue;
        throw error;
      }
      const replay = new Replay(recording, options, edge);
      try {
        await replay.#play();
      } finally {
        await replay.#close();
      }
      return;
    }
  }

  async #play(): Promise<void> {
    const events = this.#recording.events.filter((event) => event.channel !== 'app' && event.channel !== 'server');
    await this.#bindUdp(events);
    const segmented = new Set(events.filter((e) => e.event === 'raw-segment').map((e) => `${e.from}#${e.conn ?? 0}`));
    let last = 0;
    for (const [i, event] of events.entries()) {
      const isFromEdge = event.channel === 'admin' ? event.from === 'server' : isEdge(event.from);
      if (isFromEdge) {
        this.#expect(event);
        last = event.t_ms;
        continue;
      }
      const isFrame = event.channel === 'admin' && event.event === undefined;
      if (event.channel === 'sip' && !isEdge(event.to)) continue; // Between peers.
      if (isFrame && segmented.has(`${event.from}#${event.conn ?? 0}`)) continue;
      await this.#settle();
      const gap = event.t_ms - last;
      if (this.#options.t1 !== undefined && gap > 3000) await pause((gap * this.#options.t1) / 500);
      last = event.t_ms;
      await this.#prepareListeners(events.slice(i + 1));
      await this.#send(event);
      await turns();
    }
    await this.#settle();
    await this.#barrier();
    this.#match();
    const rest = this.#seen.filter(({ text }) => !this.#isExcepted(text, 'extra'));
    if (rest.length > 0) throw new Error(`not in the recording: ${rest[0]!.endpoint}\n${rest[0]!.text}`);
  }

  #expect(event: RecordedEvent): void {
    if (event.event === 'tcp-open' || event.onlyInCapture === true) return;
    const text =
      event.event === 'tcp-close' ? 'closed' : event.channel === 'admin' ? payload(event.data!) : event.data!;
    if (this.#isExcepted(text, 'absent')) return;
    const endpoint = event.channel === 'admin' ? `${event.to}#${event.conn ?? 0}` : `${event.transport!} ${event.to}`;
    this.#expected.push({ event, endpoint, text });
  }

  #isExcepted(text: string, kind: 'absent' | 'extra'): boolean {
    return (this.#options.exceptions ?? []).some(({ where, skip }) => skip === kind && where.test(text));
  }

  /** Waits until all that is expected was seen. */
  async #settle(): Promise<void> {
    const deadline = Date.now() + 5000;
    this.#match();
    while (this.#expected.length > 0) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(this.#complaint());
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#match();
    }
  }

  #match(): void {
    this.#seen = this.#seen.filter((seen) => {
      const at = this.#expected.findIndex((expected) => {
        if (expected.endpoint !== seen.endpoint) return false;
        const ids = this.#ids.copy();
        if (this.#difference(expected, seen, ids) !== undefined) return false;
        this.#ids = ids;
        return true;
      });
      if (at >= 0) this.#expected.splice(at, 1);
      return at < 0;
    });
  }

  #difference(expected: { event: RecordedEvent; text: string }, seen: Seen, ids: Ids): string | undefined {
    const skip = (this.#options.exceptions ?? []).flatMap((exception) =>
      typeof exception.skip === 'string' || !exception.where.test(expected.text) ? [] : exception.skip,
    );
    const compare = expected.event.channel === 'admin' ? differenceOfFrames : differenceOfMessages;
    return compare(expected.text, seen.text, ids, skip);
  }

  #complaint(): string {
    const [expected] = this.#expected;
    const near = this.#seen.filter((seen) => seen.endpoint === expected!.endpoint);
    const why = near.map((seen) => this.#difference(expected!, seen, this.#ids.copy()) ?? '');
    const others = this.#seen.map((seen) => `${seen.endpoint}: ${seen.text}`).join('\n---\n');
    return `never seen at ${expected!.endpoint} (recorded at ${expected!.event.t_ms} ms):\n${expected!.text}\n${why.join('\n')}\nunmatched:\n${others}`;
  }

  async #send(event: RecordedEvent): Promise<void> {
    const text = this.#ids.apply(event.data ?? '');
    if (event.channel === 'admin') {
      const key = `${event.from}#${event.conn ?? 0}`;
      if (event.event === 'tcp-open') await this.#openApp(key);
      else if (event.event === 'tcp-close') await this.#untilEdgeCloses(this.#apps.get(key), (app) => app.destroy());
      else if (event.event === 'raw-segment') this.#apps.get(key)?.write(text, 'latin1');
      else this.#apps.get(key)?.write(writeAdminFrame(payload(text)));
      return;
    }
    if (event.transport === 'udp') {
      const [host, port] = address(event.to);
      this.#udp.get(event.from)?.send(Buffer.from(text, 'latin1'), port, host);
      return;
    }
    if (event.event === 'tcp-open') await this.#openTcp(event.from, event.to);
    else if (event.event !== undefined) {
      this.#closing.add(event.from);
      await this.#untilEdgeCloses(this.#connections.get(event.from), (socket) =>
        event.event === 'tcp-reset' ? socket.resetAndDestroy() : socket.end(),
      );
    } else {
      this.#connections.get(event.from)?.write(text, 'latin1');
    }
  }

  /** Ends a connection, and waits until the edge has closed its end too. */
  async #untilEdgeCloses(socket: Socket | undefined, end: (socket: Socket) => void): Promise<void> {
    if (socket === undefined) return;
    const { localPort, remotePort } = socket;
    const edgeEnd = [...this.#ends].find((one) => one.localPort === remotePort && one.remotePort === localPort);
    if (edgeEnd === undefined) throw new Error('the edge does not have the connection that is to end');
    const closed = new Promise((resolve) => edgeEnd.once('close', resolve));
    end(socket);
    await closed;
  }

  #got(endpoint: string, text: string): void {
    this.#seen.push({ endpoint, text });
    this.#wake();
  }

  async #bindUdp(events: RecordedEvent[]): Promise<void> {
    const peers = events
      .filter((event) => event.transport === 'udp' && event.onlyInCapture !== true)
      .map((event) => (isEdge(event.from) ? event.to : event.from));
    for (const peer of new Set(peers)) {
      const [host, port] = address(peer);
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(port, host, resolve));
      socket.on('message', (datagram) => this.#got(`udp ${peer}`, datagram.toString('latin1')));
      this.#udp.set(peer, socket);
    }
  }

  async #openApp(key: string): Promise<void> {
    const socket = connect(this.#edge.adminPort, '127.0.0.1');
    const reader = new AdminFrameReader(1_000_000);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => reader.push(chunk).forEach((frame) => this.#got(key, frame)));
    socket.on('end', () => this.#got(key, 'closed'));
    socket.on('error', () => undefined);
    this.#apps.set(key, socket);
    await new Promise((resolve) => socket.once('connect', resolve));
  }

  async #openTcp(from: string, to: string): Promise<void> {
    const [localAddress, localPort] = address(from);
    const [host, port] = address(to);
    const socket = connect({ host, port, localAddress, localPort });
    socket.setNoDelay(true);
    this.#connections.set(from, socket);
    this.#read(socket, from);
    await new Promise((resolve) => socket.once('connect', resolve));
  }

  #read(socket: Socket, peer: string): void {
    const framer = new StreamFramer();
    socket.on('error', () => undefined);
    socket.on('end', () => {
      if (!this.#closing.has(peer)) this.#got(`tcp ${peer}`, 'closed');
    });
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1') === '\r\n') this.#got(`tcp ${peer}`, '\r\n');
      for (const unit of framer.push(chunk)) if (unit.kind === 'message') this.#got(`tcp ${peer}`, unit.text);
    });
  }

  /** Peers listen from just before the edge connects to them, so that earlier attempts are refused as recorded. */
  async #prepareListeners(next: RecordedEvent[]): Promise<void> {
    for (const event of next) {
      const isFromEdge = event.channel === 'admin' ? event.from === 'server' : isEdge(event.from);
      if (!isFromEdge) return;
      const isToPeer = event.channel === 'sip' && event.transport === 'tcp';
      if (!isToPeer || this.#listeners.has(event.to) || this.#connections.has(event.to)) continue;
      const [host, port] = address(event.to);
      const server = createServer((socket) => {
        this.#connections.set(event.to, socket);
        this.#read(socket, event.to);
      });
      await new Promise<void>((resolve) => server.listen(port, host, resolve));
      this.#listeners.set(event.to, server);
    }
  }

  /** All that the edge did so far has arrived once it answers on a connection that is new. */
  async #barrier(): Promise<void> {
    await this.#openApp('barrier');
    const { length } = this.#seen;
    this.#apps.get('barrier')!.write(writeAdminFrame('00000000-0000-4000-8000-00000000ffff|authenticate|cymru|'));
    while (!this.#seen.slice(length).some(({ endpoint }) => endpoint === 'barrier')) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#seen = this.#seen.filter(({ endpoint }) => endpoint !== 'barrier');
  }

  async #close(): Promise<void> {
    for (const channel of channels) unsubscribe(channel, this.#opened);
    for (const socket of this.#udp.values()) socket.close();
    for (const socket of [...this.#apps.values(), ...this.#connections.values()]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
    for (const server of this.#listeners.values()) server.close();
    await this.#edge.close();
  }
}

/** Replaces the addresses in what was sent, also where TCP segments cut one in two. */
function moveTo(prefix: string, events: RecordedEvent[]): void {
  const streams = new Map<string, RecordedEvent[]>();
  for (const [i, event] of events.entries()) {
    const base64 = event.dataBase64;
    const bytes = base64 === undefined ? Buffer.from(event.data ?? '') : Buffer.from(base64, 'base64');
    event.data = bytes.toString('latin1');
    const key = event.transport === 'tcp' ? `${event.from} ${event.to}` : String(i);
    streams.set(key, [...(streams.get(key) ?? []), event]);
  }
  for (const stream of streams.values()) {
    let text = stream
      .map(({ data }) => data)
      .join('')
      .replaceAll('127.0.0.', prefix);
    for (const event of stream) {
      const { length } = event.data!;
      event.data = text.slice(0, length);
      text = text.slice(length);
    }
  }
}

function address(text: string): [string, number] {
  const [host = '', port = ''] = text.split(':');
  return [host, Number(port)];
}

function payload(frame: string): string {
  return frame.slice(frame.indexOf('#') + 1);
}

/** What was sent over loopback is read by the edge, which is in this process, within the next turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Recorded time that passes, in proportion. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
