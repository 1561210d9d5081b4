import path from 'node:path';
import type { AdminPageSource } from '../../../lib/admin/admin-page';
import { AdminServer } from '../../../lib/admin/admin-server';
import { createLogger } from '../../../lib/ops/logger';

const token = 'a-token-of-the-test';
const bearer = { authorization: `Bearer ${token}` };
const json = { 'content-type': 'application/json' };
let server: AdminServer;
let asked: string[];

const source: AdminPageSource = {
  overview: () => ({ calls: 0 }),
  calls: (search) => ({ search }),
  call: (id) => Promise.resolve(id === 'known' ? { id } : undefined),
  registrations: (search) => ({ search }),
  drain: () => void asked.push('drain'),
};

async function started(given?: string): Promise<string> {
  asked = [];
  server = new AdminServer({
    at: { address: '127.0.0.1', port: 0 },
    token: given,
    edge: { status: () => ({}), health: () => [] },
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
    expect((await fetch(`${at}/api/drain`, { method: 'POST', headers: json, body: '{}' })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it('I10: a search is taken as it is, in small letters, and as long as one is', async () => {
    const at = await started();
    const found = await fetch(`${at}/api/calls?search=${encodeURIComponent(` A&<b> ${'x'.repeat(999)}`)}`);
    expect((await found.json()) as object).toEqual({ search: `a&<b> ${'x'.repeat(193)}` });
    expect((await fetch(`${at}/api/calls/gone`)).status).toBe(404);
  });

  it('I6: drains for the page, and not for one of elsewhere in the same browser', async () => {
    const at = await started();
    const drain = async (headers: Record<string, string>) =>
      (await fetch(`${at}/api/drain`, { method: 'POST', headers, body: '{}' })).status;
    expect(await drain({ 'content-type': 'text/plain' })).toBe(403);
    expect(await drain({ ...json, origin: 'https://elsewhere.example.net' })).toBe(403);
    expect(asked).toEqual([]);
    expect(await drain({ ...json, origin: at })).toBe(202);
    expect(asked).toEqual(['drain']);
  });
});
