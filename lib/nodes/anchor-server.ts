import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { MediaAnchor } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { AnchorSession } from './anchor-session';
import { anchorPath, anchorSubprotocol, deadAfter, mostBytes, statusEvery, type NodeStatus } from './protocol';
import { rpcOn } from './rpc';

/** P-CSCFs at once, with those that are gone and may come back. */
const mostSessions = 256;

/** A P-CSCF that is gone has so long to come back, ms: then its calls are released. It gives its own up before. */
const defaultGrace = 30_000;

export interface AnchorServerOptions {
  readonly anchor: MediaAnchor;
  readonly status: () => NodeStatus;
  readonly logger: Logger;
  /** ms; default: 30 s */
  readonly grace?: number;
}

/** Gives P-CSCFs elsewhere the media anchor of this node, on WebSockets that it is handed (`anchorPath`). */
export class AnchorServer {
  readonly #options: AnchorServerOptions;
  readonly #sessions = new Map<string, AnchorSession>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    handleProtocols: () => anchorSubprotocol,
  });
  readonly #leaving = new Map<string, NodeJS.Timeout>();

  constructor(options: AnchorServerOptions) {
    this.#options = options;
  }

  /**
   * The request's `session` names the P-CSCF's process: it keeps its calls over a break of the connection. False: the
   * request is for somebody else.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const [path, query] = (request.url ?? '').split('?', 2);
    if (path !== anchorPath) return false;
    const session = new URLSearchParams(query).get('session') ?? '';
    const isUsable = /^[\w-]{16,64}$/.test(session) && request.headers.origin === undefined;
    if (isUsable && (this.#sessions.has(session) || this.#hasRoom))
      this.#webSockets.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, session));
    else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return true;
  }

  /** Releases all calls; may be called twice. */
  async close(): Promise<void> {
    for (const socket of this.#webSockets.clients) socket.terminate();
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#webSockets.close();
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#sessions.clear();
  }

  get #hasRoom(): boolean {
    return this.#sessions.size < mostSessions;
  }

  #serve(socket: WebSocket, name: string): void {
    const { anchor, status, logger, grace = defaultGrace } = this.#options;
    const session = this.#sessions.get(name) ?? new AnchorSession(anchor, () => status().refusal);
    this.#sessions.set(name, session);
    clearTimeout(this.#leaving.get(name));
    this.#leaving.delete(name);
    const rpc = rpcOn(socket);
    session.attach(rpc);
    rpc.notify('status', status());
    const telling = setInterval(() => rpc.notify('status', status()), statusEvery);
    const silence = setTimeout(() => socket.terminate(), deadAfter);
    for (const sign of ['message', 'pong']) socket.on(sign, () => silence.refresh());
    const asking = setInterval(() => socket.ping(), deadAfter / 4);
    socket.on('close', () => {
      for (const timer of [telling, silence, asking]) clearTimeout(timer);
      if (!session.detach(rpc) || !this.#sessions.has(name)) return;
      const leave = () => {
        this.#sessions.delete(name);
        this.#leaving.delete(name);
        if (session.size > 0) logger.warn({ calls: session.size }, 'a P-CSCF is gone: its calls are released');
        void session.close();
      };
      this.#leaving.set(name, setTimeout(leave, session.size > 0 ? grace : 0));
    });
  }
}
