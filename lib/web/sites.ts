import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { addBackend, type BackendSurroundings } from './backend';
import { sendText } from './plain-text';
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

const challengePath = '/.well-known/acme-challenge/';

/** Adds the paths to a server that has none. */
export function addSites(app: FastifyInstance, sites: Sites, around: BackendSurroundings): void {
  const { challenges, phone, backend } = sites;
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(firstPage(phone !== undefined)));
  for (const path of webSocketPaths) {
    app.get(path, (_request, reply) => {
      const { status, headers = {}, text } = upgradeRequired;
      return sendText(reply.headers(headers), status, text);
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
    allowedPath: (path) => isServed(join(root, path), root),
  });
}

/** Wherever links lead. Not a pipe: whoever reads it waits for who writes to it. */
function isServed(path: string, folder: string): boolean {
  try {
    const kind = statSync(path);
    const isInside = `${realpathSync(path)}${sep}`.startsWith(`${realpathSync(folder)}${sep}`);
    return isInside && (kind.isFile() || kind.isDirectory());
  } catch {
    return false;
  }
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
