import path from 'node:path';
import type { AdminPageSource } from '../../../lib/admin/admin-page';
import { AdminServer } from '../../../lib/admin/admin-server';
import { createLogger } from '../../../lib/ops/logger';

const token = 'a-token-of-the-test';
const bearer = { authorization: `Bearer ${token}` };
let server: AdminServer;

const source: AdminPageSource = {
  overview: () => ({ calls: 0 }),
  calls: (search) => ({ search }),
  call: (id) => Promise.resolve(id === 'known' ? { id } : undefined),
  registrations: (search) => ({ search }),
};

async function started(given?: string): Promise<string> {
  server = new AdminServer({
    at: { address: '127.0.0.1', port: 0 },
    token: given,
    edge: { status: () => ({}), health: () => [], drain: () => Promise.resolve(), resume: () => true },
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('') },
    page: { folder: path.join(__dirname, '../../../app/admin-page'), source },
    logger: createLogger('silent'),
  });
  await server.start();
  return `http://127.0.0.1:${server.port}`;
}

afterEach(() => server.close());

describe('the admin page', () => {
  it('I10: its files hold nothing and need no token, and may load nothing from elsewhere', async () => {
    const at = await started(token);
    for (const file of ['/', '/page.js', '/views.js', '/dom.js', '/page.css']) {
      const response = await fetch(at + file);
      expect([file, response.status]).toEqual([file, 200]);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(await response.text()).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    }
  });

  it('I10: what it shows needs the token', async () => {
    const at = await started(token);
    for (const what of ['/api/overview', '/api/calls', '/api/calls/known', '/api/registrations']) {
      expect((await fetch(at + what)).status).toBe(401);
      expect((await fetch(at + what, { headers: bearer })).status).toBe(200);
    }
    for (const method of ['PUT', 'DELETE']) expect((await fetch(`${at}/drain`, { method })).status).toBe(401);
  });

  it('I10: a search is taken as it is, in small letters, and as long as one is', async () => {
    const at = await started();
    const found = await fetch(`${at}/api/calls?search=${encodeURIComponent(` A&<b> ${'x'.repeat(999)}`)}`);
    expect((await found.json()) as object).toEqual({ search: `a&<b> ${'x'.repeat(193)}` });
    expect((await fetch(`${at}/api/calls/gone`)).status).toBe(404);
  });
});
