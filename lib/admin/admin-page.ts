import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What the page shows, each as JSON; nothing of it may hold a secret. */
export interface AdminPageSource {
  overview(): object;
  /** @param search part of a number, a Call-ID or an address; empty: all */
  calls(search: string): object;
  /** One call, with its verdict and its ladder; undefined: it is not known, or no more. */
  call(id: string): Promise<object | undefined>;
  registrations(search: string): object;
}

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};
const files: Readonly<Record<string, string>> = {
  ...{ '/': 'index.html', '/page.css': 'page.css' },
  ...{ '/page.js': 'page.js', '/views.js': 'views.js', '/dom.js': 'dom.js' },
};

/** They hold nothing of the edge, and a browser that opens the page has no token yet: it asks for it. */
export const pagePaths: readonly string[] = Object.keys(files);

const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

/** Serves the admin page: its files, and what they ask for. */
export function addPage(app: FastifyInstance, folder: string, source: AdminPageSource): void {
  for (const [path, name] of Object.entries(files)) {
    const body = readFileSync(join(folder, name));
    const type = types[name.split('.')[1] as keyof typeof types];
    app.get(path, (_request, reply) =>
      reply.headers({ 'content-security-policy': policy, 'referrer-policy': 'no-referrer' }).type(type).send(body),
    );
  }
  app.get('/api/overview', () => source.overview());
  app.get('/api/calls', (request) => source.calls(searchOf(request)));
  app.get('/api/registrations', (request) => source.registrations(searchOf(request)));
  app.get('/api/calls/:id', async (request, reply) => {
    const { id } = request.params as { id: string };
    const call = await source.call(id);
    return call ?? reply.code(404).send({ error: 'This call is not known, or no more.' });
  });
}

function searchOf({ query }: FastifyRequest): string {
  const { search } = query as { search?: unknown };
  return typeof search === 'string' ? search.slice(0, 200).trim().toLowerCase() : '';
}
