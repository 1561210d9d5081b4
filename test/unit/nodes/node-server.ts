import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { EdgeError } from '../../../lib/errors';
import type {
  CallMedia,
  CallMediaEvents,
  MediaAnchor,
  Side,
  SipEnds,
  StreamReport,
} from '../../../lib/media/media-anchor';
import { AnchorServer } from '../../../lib/nodes/anchor-server';
import type { NodeStatus } from '../../../lib/nodes/protocol';
import { createLogger } from '../../../lib/ops/logger';

/** The media of a call that says what it was asked. */
export class AskedMedia extends EventEmitter<CallMediaEvents> implements CallMedia {
  readonly asked: string[] = [];
  /** What the next question fails by. */
  fails: EdgeError | undefined;
  isReleased = false;

  constructor(
    readonly at: string,
    readonly ends: SipEnds | undefined,
  ) {
    super();
  }

  offer(from: Side, sdp: string): Promise<string> {
    return this.#answer(`offer of ${from}: ${sdp}`);
  }

  answer(from: Side, sdp: string): Promise<string> {
    return this.#answer(`answer of ${from}: ${sdp}`);
  }

  async rollback(): Promise<void> {
    await this.#answer('rollback');
  }

  async restartIce(): Promise<string | undefined> {
    await this.#answer('restart');
    return undefined;
  }

  look(): Promise<readonly StreamReport[]> {
    return Promise.resolve([report(1)]);
  }

  release(): Promise<readonly StreamReport[]> {
    this.isReleased = true;
    return Promise.resolve([report(2)]);
  }

  async #answer(what: string): Promise<string> {
    this.asked.push(what);
    const error = this.fails;
    this.fails = undefined;
    if (error) throw error;
    return await Promise.resolve(`${this.at} heard ${what}`);
  }
}

export function report(reconnects: number): StreamReport {
  return {
    ...{ line: 0, path: 'tcp80', remote: { address: '203.0.113.5', port: 4711 }, tcpReason: 'udp-unanswered' },
    ...{
      reconnects,
      dropped: 0,
      quality: { access: { loss: 0, jitterMs: 1 }, core: null as never },
      packets: null as never,
    },
    rttMs: 1,
  };
}

/** A media node with an anchor that says what it was asked. */
export class NodeServer implements MediaAnchor {
  readonly calls = new Map<string, AskedMedia>();
  readonly status: NodeStatus = { calls: 0, callsLimit: 100 };
  readonly name: string;
  #http = createServer();
  #anchor: AnchorServer | undefined;
  #sockets: Socket[] = [];
  #port = 0;

  constructor(name: string) {
    this.name = name;
  }

  get at(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** On the same port as before, if there was one. */
  async start(grace?: number): Promise<this> {
    const { status } = this;
    const logger = createLogger('silent');
    const anchor = new AnchorServer({
      anchor: this,
      status: () => status,
      logger,
      ...(grace !== undefined && { grace }),
    });
    this.#anchor = anchor;
    this.#http = createServer();
    this.#http.on('connection', (socket: Socket) => this.#sockets.push(socket));
    this.#http.on('upgrade', (request, socket, head) => {
      if (!anchor.upgrade(request, socket, head)) socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
    return this;
  }

  open(call: string, ends?: SipEnds): CallMedia {
    const media = new AskedMedia(this.name, ends);
    this.calls.set(call, media);
    return media;
  }

  call(name: string): AskedMedia {
    const media = this.calls.get(name);
    if (!media) throw new Error(`${this.name} has no call ${name}`);
    return media;
  }

  /** The network breaks: connections end, and new ones are taken. */
  break(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  /** Its process is killed. */
  async stop(): Promise<void> {
    this.#http.close();
    this.break();
    await this.#anchor?.close();
    this.calls.clear();
  }
}
