import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { WebFront, type WebFrontOptions } from '../../../lib/web/web-front';
import { Wire } from '../access/wire';

const folder = mkdtempSync(join(tmpdir(), 'edge80-web-'));
let port: Server | ReturnType<typeof createServer>;
let web: WebFront;
let backend: Server | undefined;
const asked: { request: IncomingMessage; body: string }[] = [];
const sockets: Socket[] = [];

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
  for (const socket of sockets.splice(0)) socket.destroy();
  await web.close();
  await new Promise((closed) => port.close(closed));
  await new Promise<unknown>((closed) => (backend ? backend.close(closed) : closed(undefined)));
  backend = undefined;
  asked.length = 0;
});

/** All connections are handed over as those of a UE at 203.0.113.5. */
async function start(options: Partial<WebFrontOptions> = {}): Promise<void> {
  web = new WebFront({ sites: {}, shares: shareLimits(), logger: createLogger('silent'), ...options });
  await web.start();
  const remote = { address: '203.0.113.5', port: 4711 };
  port = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    web.take({ socket, remote, local: { address: '192.0.2.1', port: 80 } }, false, () => socket.destroy());
  });
  port.listen(0, '127.0.0.1');
  await once(port, 'listening');
}

async function startBackend(
  answer: (request: IncomingMessage) => [number, string] = () => [200, 'app'],
): Promise<string> {
  backend = createHttp((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      asked.push({ request, body });
      const [status, text] = answer(request);
      response.writeHead(status, { 'X-App': 'yes' }).end(text);
    });
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  return `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
}

const at = () => ({ host: '127.0.0.1', port: (port.address() as AddressInfo).port });

interface Answer {
  status: number;
  head: string;
  body: string;
}

/** Sends bytes as they are, and reads to the end of the connection. */
async function exchange(...pieces: string[]): Promise<Answer> {
  const near = new Wire(connect(at()));
  for (const piece of pieces) near.send(piece);
  await near.closed;
  const [head = '', ...rest] = near.text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body: rest.join('\r\n\r\n') };
}

const get = (path: string, more = '', method = 'GET', body = '') =>
  exchange(`${method} ${path} HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n${more}\r\n${body}`);

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

describe('J6: a backend', () => {
  test('gets the other paths, with the UE’s address alone in X-Forwarded-For', async () => {
    await start({ sites: { backend: await startBackend() } });
    const forged = 'X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\n';
    const answer = await get('/app/page?query=1', `${forged}X-Mine: yes\r\nConnection: x-forwarded-for\r\n`);
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('app')]);
    expect(answer.head).toMatch(/x-app: yes/i);
    const [{ request }] = asked as [(typeof asked)[0]];
    expect([request.url, request.headers['x-mine']]).toEqual(['/app/page?query=1', 'yes']);
    expect(request.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.5',
      'x-forwarded-host': 'edge.test',
      'x-forwarded-proto': 'http',
    });
    expect([request.headers.forwarded, request.headers['x-real-ip']]).toEqual([undefined, undefined]);
  });

  test('does not get the paths that are served here, nor ACME where that is', async () => {
    const sites = { backend: await startBackend(), challenges: { folder: join(folder, 'tokens') } };
    await start({ sites });
    const paths = ['/', '/ws', '/sip', '/.well-known/acme-challenge/none'];
    const statuses = [];
    for (const path of paths) statuses.push((await get(path)).status);
    expect([statuses, asked]).toEqual([[200, 426, 426, 404], []]);
  });

  test('of ACME alone gets no other paths', async () => {
    await start({ sites: { challenges: { backend: await startBackend() } } });
    expect((await get('/.well-known/acme-challenge/token')).body).toContain('app');
    expect((await get('/app')).status).toBe(404);
    expect(asked.map(({ request }) => request.url)).toEqual(['/.well-known/acme-challenge/token']);
  });

  test('gets bodies as they are', async () => {
    await start({ sites: { backend: await startBackend() } });
    const body = '{"a" : 1}';
    await get('/app', `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`, 'POST', body);
    expect(asked[0]?.body).toBe(body);
  });

  test('that is not there is a 502, in words that tell nothing of it', async () => {
    const url = await startBackend();
    await new Promise((closed) => backend?.close(closed));
    backend = undefined;
    await start({ sites: { backend: url } });
    const answer = await get('/app');
    expect(answer.status).toBe(502);
    expect(answer.body).not.toMatch(/127\.0\.0\.1|ECONN/);
  });

  test('that is busy is not asked again', async () => {
    await start({ sites: { backend: await startBackend(() => [503, 'busy']) } });
    expect((await get('/app')).status).toBe(503);
    expect(asked).toHaveLength(1);
  });

  test('that does not answer is a 504', async () => {
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sites = { backend: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    await start({ sites, limits: { backendTime: 100 } });
    expect((await get('/app')).status).toBe(504);
    silent.close();
    for (const socket of sockets) socket.destroy();
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
    await start({ limits, sites: { backend: await startBackend() } });
    const answer = await exchange(...pieces);
    expect([answer.status, asked]).toEqual([status, []]);
    expect(answer.head).toMatch(/connection: close/i);
  });

  test('SIP behind a request is no request: the connection ends, and nobody else gets it', async () => {
    await start({ sites: { backend: await startBackend() } });
    const answer = await exchange(`${head}\r\nREGISTER sip:ims.example SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/HTTP\/1\.1 400 /);
    expect(asked).toEqual([]);
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
