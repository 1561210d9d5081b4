import httpProxy from '@fastify/http-proxy';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OccasionalLog } from '../ops/occasional-log';
import type { WebLimits } from './limits';
import { upgradeRequired, webSocketPaths } from './upgrades';

/** What is served, besides the first page. */
export interface Sites {
  /** `/.well-known/acme-challenge/` (RFC 8555 §8.3): a folder of tokens, or the URL of who has them. */
  readonly challenges?: { readonly folder: string } | { readonly backend: string } | undefined;
  /** `/phone/`: its pages, and the ES modules of SIP.js, which it finds at `sip.js/`. */
  readonly phone?: { readonly pages: string; readonly library: string } | undefined;
  /** URL of whoever serves all other paths. */
  readonly backend?: string | undefined;
}

/** Who asks, as the shared port has it. */
export interface Visitor {
  readonly address: string;
  readonly isSecure: boolean;
}

export interface SiteSurroundings {
  readonly limits: WebLimits;
  readonly log: OccasionalLog;
  visitorOf(connection: Duplex): Visitor | undefined;
}

const challengePath = '/.well-known/acme-challenge/';

/** Headers by which proxies before us tell who asks: they may be anybody's. */
const told = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'expect'];

/** Of a connection, and not of what is sent on it (RFC 9110 §7.6.1). */
const ofConnection = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Adds the paths to a server that has none. */
export function addSites(app: FastifyInstance, sites: Sites, around: SiteSurroundings): void {
  const { challenges, phone, backend } = sites;
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(firstPage(phone !== undefined)));
  for (const path of webSocketPaths) {
    app.get(path, (_request, reply) => {
      const { status, headers = {}, text } = upgradeRequired;
      return reply.code(status).headers(headers).type('text/plain; charset=utf-8').send(`${text}\n`);
    });
  }
  if (challenges && 'folder' in challenges) addFolder(app, challenges.folder, challengePath);
  else if (challenges) addBackend(app, challenges.backend, `${challengePath}*`, around);
  if (phone) {
    addFolder(app, phone.pages, '/phone', 'index.html');
    addFolder(app, phone.library, '/phone/sip.js/');
  }
  if (backend !== undefined) addBackend(app, backend, '/*', around);
}

function addFolder(app: FastifyInstance, root: string, prefix: string, index?: string): void {
  app.register(fastifyStatic, {
    root,
    prefix,
    index: index ?? false,
    redirect: index !== undefined,
    dotfiles: 'ignore',
    decorateReply: false,
  });
}

function addBackend(app: FastifyInstance, upstream: string, path: string, around: SiteSurroundings): void {
  const { limits, log } = around;
  app.register(httpProxy, {
    upstream,
    routes: [path],
    undici: { connections: limits.backendConnections, headersTimeout: limits.backendTime, pipelining: 1 },
    replyOptions: {
      // What failed, whoever asked may ask again.
      retryDelay: () => null,
      rewriteRequestHeaders: (request, headers) =>
        forBackend(headers, request.headers.host, around.visitorOf(request.raw.socket)),
      rewriteHeaders: (headers) => without(headers, ofConnection),
      onError: (reply, { error }) => {
        log.warn({ upstream, err: error }, 'an HTTP backend does not answer');
        const status = (error as { statusCode?: number }).statusCode === 504 ? 504 : 502;
        void reply.code(status).type('text/plain; charset=utf-8').send('What is behind this path does not answer.\n');
      },
    },
  });
}

function forBackend(headers: IncomingHttpHeaders, host = '', visitor: Visitor | undefined): IncomingHttpHeaders {
  return {
    ...without(headers, told),
    'x-forwarded-for': visitor?.address ?? 'unknown',
    'x-forwarded-host': host,
    'x-forwarded-proto': visitor?.isSecure === true ? 'https' : 'http',
  };
}

function without<Headers extends object>(headers: Headers, names: readonly string[]): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase()))) as Headers;
}

function firstPage(hasPhone: boolean): string {
  const phone = hasPhone ? '<p><a href="/phone/">A phone for the browser</a></p>\n' : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>SIP access</title>
<h1>SIP access</h1>
<p>Phones reach their provider here, by SIP over TCP, TLS or WebSocket, and so does their media.</p>
${phone}</html>
`;
}
