import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import type { OccasionalLog } from '../ops/occasional-log';
import { BackendRequests, NoRoomAtBackend } from './backend-requests';
import type { WebLimits } from './limits';
import { sendLater, sendText } from './plain-text';

/** Who asks, as the shared port has it. */
export interface Visitor {
  readonly address: string;
  readonly isSecure: boolean;
}

export interface BackendSurroundings {
  readonly limits: WebLimits;
  readonly log: OccasionalLog;
  readonly visitorOf: (connection: Duplex) => Visitor | undefined;
}

/** Headers by which proxies before us tell who asks: they may be anybody's. Some backends read `_` as `-` (RFC 3875 §4.1.18). */
const told = /^(forwarded|x[-_]forwarded[-_].*|x[-_]real[-_]ip|expect)$/;

/** Of a connection, and not of what is sent on it (RFC 9110 §7.6.1). */
const ofConnection = /^(connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

/** Adds a path that the server at this URL answers. */
export function addBackend(app: FastifyInstance, upstream: string, path: string, around: BackendSurroundings): void {
  const { limits, visitorOf } = around;
  const { origin } = new URL(upstream);
  const pool = new AbortablePool(upstream, {
    connections: limits.backendRequests,
    headersTimeout: limits.backendTime,
    pipelining: 1,
  });
  const requests = new BackendRequests(limits);
  app.register((scope, _options, done) => {
    scope.addHook('onClose', () => pool.destroy());
    // What a body is, the backend judges: a type that cannot be read would be a 415 here.
    scope.addHook('onRequest', ({ raw }, _reply, next) => {
      delete raw.headers['content-type'];
      next();
    });
    scope.setErrorHandler(failuresOf(upstream, around));
    scope.register(httpProxy, {
      upstream,
      routes: [path],
      undici: pool,
      handler: (request, reply, destination, options) => {
        const end = requests.begin(reply, visitorOf(request.raw.socket)?.address ?? '');
        return pool.abortingBy(end, () => reply.from(destination, options));
      },
      replyOptions: {
        // What failed, whoever asked may ask again.
        retryDelay: () => null,
        rewriteRequestHeaders: ({ raw }, headers) => forBackend(headers, raw as IncomingMessage, visitorOf(raw.socket)),
        rewriteHeaders: (headers) => fromBackend(headers, origin),
      },
    });
    done();
  });
}

/** Who cannot have an answer of the backend is told so, in words that tell nothing of it. */
function failuresOf(upstream: string, { log, visitorOf }: BackendSurroundings) {
  return (error: Error & { statusCode?: number }, { raw }: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { statusCode = 500, cause = error } = error;
    if (statusCode < 500) throw error;
    // Of a response that ended before its first byte.
    for (const name of Object.keys(reply.getHeaders())) {
      reply.removeHeader(name);
      reply.raw.removeHeader(name);
    }
    if (cause instanceof NoRoomAtBackend) {
      const { address } = visitorOf(raw.socket) ?? {};
      log.warn({ upstream, address }, 'too many HTTP requests are under way at a backend: one is refused');
      return sendLater(reply, 503, cause.message);
    }
    if (!raw.socket.destroyed) log.warn({ upstream, err: error }, 'an HTTP backend does not answer');
    return sendText(reply, statusCode === 504 ? 504 : 502, 'What is behind this path does not answer.');
  };
}

/** Its requests end when a signal says so, which reply-from cannot be given. */
class AbortablePool extends Pool {
  readonly #signal = new AsyncLocalStorage<AbortSignal>();

  /** @param send begins the request, before it returns */
  abortingBy<T>(signal: AbortSignal, send: () => T): T {
    return this.#signal.run(signal, send);
  }

  override request(...[options, ...callback]: Parameters<Dispatcher['request']>): ReturnType<Dispatcher['request']> {
    return super.request({ ...options, signal: this.#signal.getStore() }, ...callback);
  }
}

function forBackend(headers: IncomingHttpHeaders, from: IncomingMessage, visitor?: Visitor): IncomingHttpHeaders {
  const [type] = from.headersDistinct['content-type'] ?? [];
  return {
    ...without(headers, told),
    ...(type === undefined ? {} : { 'content-type': type }),
    'x-forwarded-for': visitor?.address ?? 'unknown',
    'x-forwarded-host': from.headers.host ?? '',
    'x-forwarded-proto': visitor?.isSecure === true ? 'https' : 'http',
  };
}

/** @param origin of the backend, which tells of the inside, and leads nowhere from outside */
function fromBackend(headers: IncomingHttpHeaders, origin: string): IncomingHttpHeaders {
  const { location = '' } = headers;
  const path = location.startsWith(origin) ? location.slice(origin.length) : undefined;
  // With two slashes before it, it would be another host.
  const own = path !== undefined && /^([/?#]|$)/.test(path) ? { location: path.replace(/^[/\\]*/, '/') } : {};
  return { ...without(headers, ofConnection), ...own };
}

function without<Headers extends object>(headers: Headers, names: RegExp): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.test(name.toLowerCase()))) as Headers;
}
