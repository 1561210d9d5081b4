import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shareLimits } from '../../../lib/shares/limits';
import type { WebFrontOptions } from '../../../lib/web/web-front';
import { BackendServer, type Asked } from './backend-server';
import { WebPort } from './web-port';

const folder = mkdtempSync(join(tmpdir(), 'edge80-web-'));
let port: WebPort;
let backend: BackendServer | undefined;

beforeAll(() => {
  for (const name of ['tokens', 'phone', 'sip.js', 'sip.js/api']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'secret'), 'secret');
  writeFileSync(join(folder, 'tokens', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0'), 'LoqX.9jg46WB3');
  writeFileSync(join(folder, 'tokens', '.hidden'), 'hidden');
  writeFileSync(join(folder, 'phone', 'index.html'), '<title>phone</title>');
  writeFileSync(join(folder, 'phone', 'phone.js'), 'import "./sip.js/index.js";');
  writeFileSync(join(folder, 'sip.js', 'index.js'), 'export * from "./api/index.js";');
  writeFileSync(join(folder, 'sip.js', 'api', 'index.js'), 'export {};');
});

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  await port.stop();
  await backend?.stop();
  backend = undefined;
});

async function start(options: Partial<WebFrontOptions> = {}): Promise<void> {
  port = await WebPort.start(options);
}

async function startWithBackend(options: Partial<WebFrontOptions> = {}): Promise<void> {
  backend = await BackendServer.start();
  await start({ ...options, sites: { ...options.sites, backend: backend.url } });
}

const get: WebPort['get'] = async (...parts) => await port.get(...parts);
const exchange: WebPort['exchange'] = async (...pieces) => await port.exchange(...pieces);

describe('J6: HTTP on a shared port', () => {
  test('a short page says what this is, and nothing of the inside', async () => {
    await start();
    const { status, head, body } = await get('/');
    expect([status, body]).toEqual([200, expect.stringContaining('SIP access')]);
    expect(body).not.toContain('/phone/');
    expect(`${head}${body}`).not.toMatch(/edge80|fastify|node|drachtio|server:|powered|\d+\.\d+\.\d+/i);
  });

  test.each([
    ['/nothing', 'GET', 404],
    ['/', 'POST', 404],
    ['/', 'TRACE', 404],
    ['/phone/', 'GET', 404],
    ['/.well-known/acme-challenge/token', 'GET', 404],
    ['/ws', 'GET', 426],
    ['/sip', 'GET', 426],
    ['edge.test:443', 'CONNECT', 405],
  ])('%s by %s gets %i', async (path, method, status) => {
    await start();
    const answer = await get(path, '', method);
    expect(answer.status).toBe(status);
    expect(answer.head).toContain('text/plain');
    if (status === 426) expect(answer.head).toMatch(/\r\nupgrade: websocket/i);
  });

  test.each(['/%', '/phone/%zz', '/%c0%ae'])(
    '%s is no path: 400, in words that tell nothing of what serves here',
    async (path) => {
      await start();
      expect(await get(path)).toMatchObject({ status: 400, body: 'The request cannot be served.\n' });
    },
  );

  test.each(['a.test\r\nHost: b.test', 'a.test, b.test', 'a.test/path', 'user@a.test', 'a.test:80:81', '[::1'])(
    '%j is not one host: 400, and the backend is not asked (RFC 9112 §3.2)',
    async (host) => {
      await startWithBackend();
      const { status, body } = await exchange(`GET /app HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect([status, body, backend!.asked]).toEqual([400, 'A request names one host.\n', []]);
    },
  );

  test.each(['a.test', 'A.Test:80', '198.51.100.1:443', '[2001:db8::1]:80', '[2001:db8::1]', 'a_b', ''])(
    '%j is a host',
    async (host) => {
      await startWithBackend();
      const { status } = await exchange(`GET /app HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(status).toBe(200);
    },
  );

  test('an upgrade to what is no WebSocket is ignored, as by the backend (RFC 9110 §7.8)', async () => {
    await startWithBackend();
    const h2c = 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n';
    const wire = port.open();
    const page = `HTTP/1.1\r\nHost: edge.test\r\n${h2c}`;
    wire.send(`POST /app ${page}Content-Length: 4\r\n\r\nbody`);
    await wire.bytes(1);
    wire.send(`GET / ${page}Connection: close\r\n\r\n`);
    await wire.closed;
    expect(wire.text.match(/HTTP\/1.1 \d+|<h1>SIP access/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      '<h1>SIP access',
    ]);
    const [{ request, body }] = backend!.asked as [Asked];
    expect([request.headers.upgrade, request.headers['http2-settings'], body]).toEqual([undefined, undefined, 'body']);
  });

  test.each(['h2c', 'websocket'])('an upgrade to %s behind a request without its answer ends all', async (protocol) => {
    await startWithBackend();
    backend!.answer = () => undefined;
    const head = 'HTTP/1.1\r\nHost: edge.test\r\n';
    const upgrade = `GET / ${head}Upgrade: ${protocol}\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n`;
    expect(await exchange(`GET /app ${head}\r\n${upgrade}`)).toMatchObject({ status: 0, head: '' });
  });

  test('tokens of ACME are served from their folder, and nothing else is', async () => {
    await start({ sites: { challenges: { folder: join(folder, 'tokens') } } });
    const path = '/.well-known/acme-challenge';
    const token = await get(`${path}/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0`);
    expect([token.status, token.body]).toEqual([200, 'LoqX.9jg46WB3']);
    const others = ['/', '', '/.hidden', '/none', '/../secret', '/..%2fsecret', '/%2e%2e/secret', '/..%5csecret'];
    for (const other of others) {
      const { status, body } = await get(`${path}${other}`);
      expect([other, status, body]).toEqual([other, expect.any(Number), expect.not.stringMatching(/secret|hidden/)]);
      expect([other, status >= 400]).toEqual([other, true]);
    }
  });

  test('a link is followed inside of the folder alone, and the folder itself may be one', async () => {
    const tokens = join(folder, 'linked');
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', tokens);
    writeFileSync(join(tokens, 'token'), 'a token');
    symlinkSync('token', join(tokens, 'inside'));
    symlinkSync('../secret', join(tokens, 'outside'));
    symlinkSync('..', join(tokens, 'above'));
    symlinkSync('nowhere', join(tokens, 'broken'));
    await start({ sites: { challenges: { folder: tokens } } });
    const answers = [];
    for (const name of ['token', 'inside', 'outside', 'above/secret', 'broken']) {
      const { status, body } = await get(`/.well-known/acme-challenge/${name}`);
      answers.push([name, status, status === 200 ? body : '']);
    }
    expect(answers).toEqual([
      ['token', 200, 'a token'],
      ['inside', 200, 'a token'],
      ['outside', 404, ''],
      ['above/secret', 404, ''],
      ['broken', 404, ''],
    ]);
  });

  test('a pipe is no token: nobody would ever write to it', async () => {
    execFileSync('mkfifo', [join(folder, 'tokens', 'pipe')]);
    await start({ sites: { challenges: { folder: join(folder, 'tokens') } } });
    expect((await get('/.well-known/acme-challenge/pipe')).status).toBe(404);
  });

  test('tokens of ACME that are not there are not asked of the backend', async () => {
    await startWithBackend({ sites: { challenges: { folder: join(folder, 'tokens') } } });
    expect((await get('/.well-known/acme-challenge/none')).status).toBe(404);
    expect(backend?.asked).toEqual([]);
  });

  test('the phone is served with the modules that it needs', async () => {
    await start({ sites: { phone: { pages: join(folder, 'phone'), library: join(folder, 'sip.js') } } });
    expect((await get('/')).body).toContain('href="/phone/"');
    expect((await get('/phone')).head).toMatch(/\r\nlocation: \/phone\//i);
    expect((await get('/phone/')).body).toBe('<title>phone</title>');
    for (const path of ['/phone/phone.js', '/phone/sip.js/index.js', '/phone/sip.js/api/index.js']) {
      expect((await get(path)).head).toMatch(/\r\ncontent-type: (text|application)\/javascript/i);
    }
    for (const path of ['/phone/../secret', '/phone/%2e%2e/secret', '/phone/sip.js/', '/phone/none.js']) {
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('N2: what HTTP may cost', () => {
  const head = 'GET / HTTP/1.1\r\nHost: edge.test\r\n';

  test.each<[string, Partial<WebFrontOptions['limits']>, string[], number]>([
    ['a head that does not end', { headTime: 100 }, [head], 408],
    ['a head that is too long', { head: 2000 }, [`${head}X: ${'x'.repeat(3000)}\r\n\r\n`], 431],
    [
      'a body that does not come',
      { requestTime: 100, headTime: 100 },
      [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n`],
      408,
    ],
    ['a body that is too long', { body: 10 }, ['POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n'], 413],
    ['a body without a length', {}, ['POST /app HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'], 411],
    [
      'both lengths',
      {},
      ['POST /app HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n'],
      400,
    ],
    ['two lengths', {}, ['POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'], 400],
    ['no Host', {}, ['GET / HTTP/1.1\r\n\r\n'], 400],
    ['SIP', {}, ['OPTIONS sip:a@b SIP/2.0\r\n\r\n'], 400],
    ['HTTP/2', {}, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], 400],
  ])('%s: refused, and closed', async (_what, limits = {}, pieces, status) => {
    await startWithBackend({ limits });
    const answer = await exchange(...pieces);
    expect([answer.status, backend?.asked]).toEqual([status, []]);
    expect(answer.head).toMatch(/connection: close/i);
  });

  test('SIP behind a request is no request: the connection ends, and nobody else gets it', async () => {
    await startWithBackend();
    const answer = await exchange(`${head}\r\nREGISTER sip:ims.example SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/HTTP\/1\.1 400 /);
    expect(backend?.asked).toEqual([]);
  });

  test('a connection that is kept without requests is closed', async () => {
    await start({ limits: { keepAlive: 1000 } });
    expect(await exchange(`${head}\r\n`)).toMatchObject({ status: 200, head: expect.stringMatching(/timeout=1\b/) });
  });

  test('requests beyond the share of a place get 429 with a Retry-After, upgrades too', async () => {
    const shares = shareLimits();
    shares.source.webRequests = { perSecond: 0, burst: 2 };
    await start({ shares });
    expect((await get('/')).status).toBe(200);
    expect((await get('/nothing')).status).toBe(404);
    const upgrade = `${head}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n`;
    for (const answer of [await get('/'), await get('/%'), await exchange(upgrade)]) {
      expect([answer.status, answer.head]).toEqual([429, expect.stringMatching(/\r\nretry-after: \d+/i)]);
    }
  });

  test('nor can many places together take more than all may', async () => {
    const shares = shareLimits();
    shares.strangers.webRequests = { perSecond: 0, burst: 1 };
    await start({ shares });
    expect([(await get('/')).status, (await get('/')).status]).toEqual([200, 429]);
  });
});
