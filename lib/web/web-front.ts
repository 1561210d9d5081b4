import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { networkOf } from '../ip-address';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { Accepted } from '../port/accepted';
import type { HttpServing } from '../port/http-serving';
import type { ShareLimits } from '../shares/limits';
import { retryAfter } from '../shares/retry-after';
import { TokenBuckets } from '../shares/token-buckets';
import type { Carriage } from '../wire/carriage';
import { messageLimits } from '../wire/limits';
import { WebSocketCarriage } from '../wire/websocket-carriage';
import { defaultWebLimits, type WebLimits } from './limits';
import type { Visitor } from './backend';
import { sendLater, sendText } from './plain-text';
import { addSites, type Sites } from './sites';
import { Slices } from './slices';
import {
  noTunnels,
  refuse,
  unreadable,
  unreadableBy,
  upgradeRefusal,
  wantsWebSocket,
  withoutUpgrade,
} from './upgrades';

export interface WebFrontOptions {
  readonly sites: Sites;
  /** Origins whose pages may speak SIP over WebSocket, in lower case; unset: all. */
  readonly origins?: readonly string[] | undefined;
  readonly shares: ShareLimits;
  readonly limits?: Partial<WebLimits>;
  readonly logger: Logger;
}

interface WebVisitor extends Visitor {
  readonly upgraded: (carriage: Carriage) => void;
  /** The last one on his connection. */
  response?: ServerResponse;
}

const everybody = 'all';

const unserved = 'The request cannot be served.';

/**
 * HTTP on shared ports (J6), which it is handed connection by connection: pages, a backend, and the way to SIP over
 * WebSocket (J2).
 */
export class WebFront implements HttpServing {
  readonly #options: WebFrontOptions;
  readonly #app: FastifyInstance;
  readonly #webSockets: WebSocketServer;
  readonly #log: OccasionalLog;
  readonly #visitors = new WeakMap<Duplex, WebVisitor>();
  readonly #ofSource: TokenBuckets;
  readonly #ofAll: TokenBuckets;

  constructor(options: WebFrontOptions) {
    this.#options = options;
    const limits = { ...defaultWebLimits, ...options.limits };
    const { source, strangers } = options.shares;
    this.#ofSource = new TokenBuckets(source.webRequests);
    this.#ofAll = new TokenBuckets(strangers.webRequests);
    this.#log = new OccasionalLog(options.logger);
    this.#webSockets = new WebSocketServer({
      // The carriage answers pings.
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false, autoPong: false },
      maxPayload: messageLimits.head + messageLimits.body,
      maxFragments: limits.fragments,
      handleProtocols: () => 'sip',
    });
    // What is no path comes by no hook.
    this.#app = serverOf(limits, ({ statusCode = 400 }, request, reply) =>
      this.#admit(request, reply, limits, () => void sendText(reply, statusCode, unserved)),
    );
    this.#app.addHook('onRequest', (request, reply, done) => this.#admit(request, reply, limits, done));
    this.#app.setNotFoundHandler((_request, reply) => sendText(reply, 404, 'There is nothing here.'));
    this.#app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const { statusCode = 500 } = error;
      if (statusCode < 500) return sendText(reply, statusCode, unserved);
      this.#log.error({ err: error }, 'an HTTP request failed');
      return sendText(reply, 500, 'The request failed here.');
    });
    const visitorOf = (connection: Duplex) => this.#visitors.get(connection);
    addSites(this.#app, options.sites, { limits, log: this.#log, visitorOf });
    this.#app.server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    this.#app.server.on('connect', (_request, stream) => refuse(stream, noTunnels));
  }

  /** Resolves when it can be handed connections. */
  async start(): Promise<void> {
    await this.#app.ready();
    // Node looks after slow requests from then on, which it does for a server that listens.
    this.#app.server.emit('listening');
  }

  take({ socket, remote }: Accepted, isSecure: boolean, upgraded: (carriage: Carriage) => void): void {
    this.#visitors.set(socket, { address: remote.address, isSecure, upgraded });
    this.#serve(socket);
  }

  /** What was put back of a connection is read first. */
  #serve(connection: Duplex): void {
    this.#app.server.emit('connection', connection);
    connection.resume();
  }

  /** Connections are left to who has handed them over. */
  async close(): Promise<void> {
    await this.#app.close();
    this.#app.server.close();
    this.#webSockets.close();
  }

  #admit(request: FastifyRequest, reply: FastifyReply, limits: WebLimits, done: () => void): void {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    const visitor = this.#visitors.get(request.raw.socket);
    if (visitor) visitor.response = reply.raw;
    void reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    const refusedAs = (status: number, text: string) => sendText(reply.header('connection', 'close'), status, text);
    if (!visitor || !this.#mayAsk(visitor)) {
      sendLater(reply, 429, 'Too many requests have come from where you are.');
    } else if (coding !== undefined) refusedAs(411, 'A body needs a Content-Length.');
    else if (!namesOneHost(request.raw)) refusedAs(400, 'A request names one host.');
    else if (Number(length) > limits.body) refusedAs(413, `A body may have ${limits.body} bytes.`);
    else done();
  }

  #mayAsk({ address }: Visitor): boolean {
    if (this.#ofSource.take(networkOf(address)) && this.#ofAll.take(everybody)) return true;
    this.#log.warn({ address }, 'too many HTTP requests: they are refused for now');
    return false;
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // What comes behind a request without its answer would be answered before it.
    if (this.#visitors.get(stream)?.response?.writableFinished === false) stream.destroy();
    else if (wantsWebSocket(request)) this.#openWebSocket(request, stream, head);
    else {
      stream.unshift(Buffer.concat([withoutUpgrade(request), head]));
      this.#serve(stream);
    }
  }

  #openWebSocket(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const visitor = this.#visitors.get(stream);
    if (!visitor || !this.#mayAsk(visitor)) {
      const headers = { 'Retry-After': String(retryAfter()) };
      refuse(stream, { status: 429, reason: 'Too Many Requests', headers, text: 'Too many requests.' });
      return;
    }
    const refusal = upgradeRefusal(request, this.#options.origins);
    if (refusal) refuse(stream, refusal);
    else {
      stream.unshift(head);
      const slices = new Slices(stream);
      this.#webSockets.handleUpgrade(request, slices, Buffer.alloc(0), (socket) =>
        visitor.upgraded(new WebSocketCarriage(socket, slices)),
      );
    }
  }
}

/** As RFC 9112 §3.2 wants it; that HTTP/1.1 names one at all, Node looks after. */
function namesOneHost({ headersDistinct: { host = [] } }: IncomingMessage): boolean {
  return host.length <= 1 && host.every((each) => /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i.test(each));
}

function serverOf(
  limits: WebLimits,
  frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void,
): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.body,
    frameworkErrors,
    clientErrorHandler: ({ code }, socket) => {
      if (socket.writable) refuse(socket, unreadableBy[code] ?? unreadable);
      else socket.destroy();
    },
    serverFactory: (handler) =>
      createServer(
        {
          maxHeaderSize: limits.head,
          headersTimeout: limits.headTime,
          requestTimeout: limits.requestTime,
          keepAliveTimeout: limits.keepAlive,
          connectionsCheckingInterval: Math.min(1000, limits.headTime),
        },
        handler,
      ),
  });
  app.server.setTimeout(limits.silence);
  return app;
}
