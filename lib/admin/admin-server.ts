import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { bindError } from '../wire/bind-error';
import { hostPort } from '../wire/sip-uri';
import { addPage, pagePaths, type AdminPageSource } from './admin-page';
import { readinessOf, type Trouble } from './readiness';
import { Visitors } from './visitors';

/** PEM. */
export interface AdminTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Who may ask has a certificate of it; undefined: anybody who has the token. */
  readonly clientCa?: string | Buffer;
}

export interface AdminServerOptions {
  /** Where it listens; port 0 takes a free one. */
  readonly at: { readonly address: string; readonly port: number };
  /** What a request has to bring; undefined: nothing, for an address of loopback. */
  readonly token: string | undefined;
  /** Undefined: it speaks plain HTTP. */
  readonly tls?: AdminTls | undefined;
  readonly edge: AdministeredEdge;
  readonly metrics: ShownMetrics;
  /** The folder of its files, and what it shows; unset: there is no page. */
  readonly page?: { readonly folder: string; readonly source: AdminPageSource };
  readonly logger: Logger;
}

/** What is seen of an edge. */
export interface AdministeredEdge {
  /** What it carries now, for people. */
  status(): object;
  /** What is wrong with it. */
  health(): readonly Trouble[];
  /** New calls are refused from now on. */
  drain(): Promise<unknown>;
  /** They are taken again; false where there was no drain that can be taken back. */
  resume(): boolean;
}

/** What Prometheus reads. */
interface ShownMetrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Sizes in bytes, times in ms: who asks is one of few, and asks for little. */
const limits = { head: 8192, body: 1024, connections: 64, headTime: 5000, requestTime: 10_000, keepAlive: 5000 };

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Of these everybody gets the status alone: who probes cannot keep a token. */
const probes = ['/live', '/ready'];

/** What needs no token. */
const open = new Set([...probes, ...pagePaths]);

/**
 * HTTP for who runs the edge (I7). `/live`: the process works. `/ready`: it should get new calls, or why not. `/status`:
 * what it carries. `/metrics`: the same for Prometheus. `/`: the page, for people (I10). What changes something is no GET,
 * POST or form: no page of elsewhere in the operator's browser can ask for it.
 */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #visitors: Visitors;
  readonly #log: OccasionalLog;
  readonly #app: FastifyInstance;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#visitors = new Visitors(options.token, options.tls !== undefined);
    this.#log = new OccasionalLog(options.logger);
    this.#app = serverOf(options.tls);
    this.#app.server.maxConnections = limits.connections;
    this.#app.addHook('onRequest', (request, reply, done) => this.#admit(request, reply, done));
    this.#app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const { statusCode = 500, message } = error;
      if (statusCode >= 500) this.#log.error({ err: error }, 'a request of the admin server failed');
      return reply.code(statusCode).send({ error: statusCode >= 500 ? 'The request failed here.' : message });
    });
    this.#app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
    this.#addProbes();
    if (options.page) addPage(this.#app, options.page.folder, options.page.source);
    this.#addCommands();
  }

  /** @throws EdgeError `admin-listen-failed` */
  async start(): Promise<void> {
    const { address, port } = this.#options.at;
    try {
      await this.#app.listen({ host: address, port });
    } catch (error) {
      throw bindError(`TCP ${hostPort(address, port)}`, error, 'admin-listen-failed');
    }
  }

  /** The port that was bound. @throws EdgeError `closed` where it does not listen */
  get port(): number {
    const bound = this.#app.server.address();
    if (bound === null || typeof bound === 'string') throw new EdgeError('closed', 'The admin server does not listen.');
    return bound.port;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#app.close();
  }

  #addProbes(): void {
    const { edge, metrics } = this.#options;
    this.#app.get('/live', () => ({ live: true }));
    this.#app.get('/ready', (request, reply) => {
      const { ready, troubles } = readinessOf(edge.health());
      const isTold = this.#visitors.refusal(request) === undefined;
      return reply.code(ready ? 200 : 503).send(isTold ? { ready, troubles } : { ready });
    });
    this.#app.get('/status', () => edge.status());
    this.#app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  }

  #addCommands(): void {
    const { edge, logger } = this.#options;
    this.#app.put('/drain', (_request, reply) => {
      logger.info('draining by the admin server: calls under way go on, new ones are refused');
      void edge.drain();
      return reply.send(edge.status());
    });
    this.#app.delete('/drain', (_request, reply) => {
      if (!edge.resume()) return reply.code(409).send({ error: 'There is no drain that can be taken back.' });
      logger.info('the drain was taken back: new calls are taken');
      return reply.send(edge.status());
    });
    this.#app.put<{ Params: { level: string } }>('/log-level/:level', ({ params: { level } }, reply) => {
      if (!logLevels.includes(level)) return reply.code(400).send({ error: `A level is ${logLevels.join(', ')}.` });
      logger.info({ from: logger.level, to: level }, 'the log has another level');
      logger.level = level;
      return reply.send({ level });
    });
  }

  #admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const refusal = open.has(request.url) ? undefined : this.#visitors.refusal(request);
    if (refusal === undefined) {
      done();
      return;
    }
    const { status, text } = refusal;
    this.#log.warn({ address: request.ip, status }, 'a request of the admin server is refused');
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.code(status).send({ error: text });
  }
}

function serverOf(tls: AdminTls | undefined): FastifyInstance {
  const common = {
    bodyLimit: limits.body,
    forceCloseConnections: true,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.keepAlive,
  };
  const ofHttp = { maxHeaderSize: limits.head, headersTimeout: limits.headTime };
  if (!tls) return fastify({ ...common, http: ofHttp });
  const { cert, key, clientCa } = tls;
  const https = { ...ofHttp, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: limits.headTime } as const;
  const mutual = clientCa && { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return fastify({ ...common, https: { ...https, ...mutual } });
}
