import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { normalAddress } from '../ip-address';
import { bindError } from '../wire/bind-error';
import { hostPort } from '../wire/sip-uri';
import { commandLimits } from './limits';
import type { NgServerOptions } from './udp-server';

/** Sizes in bytes, times in ms. Clients are few, and keep their connections. */
const limits = { head: 8192, connections: 256, headTime: 5000, requestTime: 10_000, unsent: 4 * 1024 * 1024 };

/** Messages with a cookie, and without. */
const withCookie = { path: '/ng', subprotocol: 'ng.rtpengine.com' };
const plain = { path: '/ng-plain', subprotocol: 'ng-plain.rtpengine.com' };

const contentType = 'application/x-rtpengine-ng';

export interface NgHttpServerOptions extends NgServerOptions {
  /** Takes upgrades that are none of ng, and says whether it did. */
  readonly upgrades?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
}

/**
 * ng over HTTP and WebSocket, at the paths and by the subprotocols that rtpengine has. No page in a browser can use it:
 * an Origin is refused, and the content types are none that a form has.
 */
export class NgHttpServer {
  readonly #options: NgHttpServerOptions;
  readonly #app: FastifyInstance;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: commandLimits.bytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocolOf(offered) ?? false,
  });

  constructor(options: NgHttpServerOptions) {
    this.#options = options;
    this.#app = fastify({
      bodyLimit: commandLimits.bytes,
      forceCloseConnections: true,
      requestTimeout: limits.requestTime,
      http: { maxHeaderSize: limits.head, headersTimeout: limits.headTime },
    });
    const { server } = this.#app;
    server.maxConnections = limits.connections;
    server.on('connection', (socket) => {
      if (!options.clients.admits(socket.remoteAddress ?? '')) socket.destroy();
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#addRoutes();
  }

  /** @throws EdgeError `ng-listen-failed` */
  async start(): Promise<void> {
    const { address, port } = this.#options.at;
    try {
      await this.#app.listen({ host: address, port });
    } catch (error) {
      throw bindError(`TCP ${hostPort(address, port)}`, error, 'ng-listen-failed');
    }
  }

  /** Where it listens, once it does. */
  get address(): AddressInfo {
    return this.#app.server.address() as AddressInfo;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
    await this.#app.close();
  }

  #addRoutes(): void {
    const { front } = this.#options;
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser([contentType, 'application/json'], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    this.#app.addHook('onRequest', (request, reply, done) => {
      if (request.headers.origin === undefined) done();
      else void reply.code(403).type('text/plain').send('no page may command rtpengine\n');
    });
    this.#app.get('/ping', (_request, reply) => reply.type('text/plain').send('pong\n'));
    const answer = async (request: FastifyRequest, reply: FastifyReply, result: Promise<Buffer | undefined>) => {
      const bytes = await result;
      if (bytes === undefined) return reply.code(503).type('text/plain').send('no reply\n');
      return reply.type(request.headers['content-type'] ?? contentType).send(bytes);
    };
    this.#app.post<{ Body: Buffer }>(withCookie.path, (request, reply) =>
      answer(request, reply, front.receive(normalAddress(request.ip), request.body)),
    );
    this.#app.post<{ Body: Buffer }>(plain.path, (request, reply) =>
      answer(request, reply, front.receivePlain(normalAddress(request.ip), request.body)),
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#options.upgrades?.(request, socket, head) === true) return;
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
    const isUsable = subprotocolOf(offered) !== undefined && request.headers.origin === undefined;
    if (!isUsable) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const client = normalAddress(request.socket.remoteAddress ?? '');
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, client));
  }

  #serve(webSocket: WebSocket, client: string): void {
    const { front } = this.#options;
    const isPlain = webSocket.protocol === plain.subprotocol;
    webSocket.binaryType = 'nodebuffer';
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('message', (bytes: Buffer) => {
      const reply = isPlain ? front.receivePlain(client, bytes) : front.receive(client, bytes);
      void reply.then((payload) => {
        if (payload === undefined || webSocket.readyState !== webSocket.OPEN) return;
        // One that asks and does not read.
        if (webSocket.bufferedAmount > limits.unsent) webSocket.terminate();
        else webSocket.send(payload, { binary: true });
      });
    });
  }
}

function subprotocolOf(offered: Iterable<string>): string | undefined {
  const known = [withCookie.subprotocol, plain.subprotocol];
  return [...offered].find((name) => known.includes(name));
}
