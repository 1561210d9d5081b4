import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { defaultWebLimits, type WebLimits } from '../../../lib/web/limits';
import type { Sites } from '../../../lib/web/sites';
import type { Wire } from '../access/wire';
import { answerWith, BackendServer } from './backend-server';
import { answerOn, WebPort } from './web-port';

let backend: BackendServer;
let port: WebPort | undefined;

afterEach(async () => {
  await port?.stop();
  port = undefined;
  await backend.stop();
});

async function start(
  answer?: BackendServer['answer'],
  limits: Partial<WebLimits> = {},
  sitesOf: (url: string) => Sites = (url) => ({ backend: url }),
): Promise<WebPort> {
  backend = await BackendServer.start(answer);
  port = await WebPort.start({ sites: sitesOf(backend.url), limits });
  return port;
}

const post = (type: string, body: string) => `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`;

describe('J6: a backend', () => {
  test('gets the other paths, with the UE’s address alone in X-Forwarded-For', async () => {
    const port = await start();
    const forged = 'X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\n';
    const answer = await port.get('/app/page?query=1', `${forged}X-Mine: yes\r\nConnection: x-forwarded-for\r\n`);
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('app')]);
    expect(answer.head).toMatch(/x-app: yes/i);
    const { request } = await backend.request(1);
    expect([request.url, request.headers['x-mine']]).toEqual(['/app/page?query=1', 'yes']);
    expect(request.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.5',
      'x-forwarded-host': 'edge.test',
      'x-forwarded-proto': 'http',
    });
    expect([request.headers.forwarded, request.headers['x-real-ip']]).toEqual([undefined, undefined]);
  });

  test.each(['X_Forwarded_For', 'X-Forwarded-Port', 'x_real-ip', 'X-FORWARDED-PREFIX'])(
    'gets no %s of the client’s, as which some would read what the edge says',
    async (name) => {
      const port = await start();
      await port.get('/app', `${name}: forged\r\n`);
      expect((await backend.request(1)).request.rawHeaders).not.toContain('forged');
    },
  );

  test.each([
    ['/page?a=b', '/page?a=b'],
    ['', '/'],
    ['//evil.test/', '/evil.test/'],
    ['0/page', undefined],
  ])('that redirects to where it is itself, with %j behind, is not told of', async (path, location) => {
    const port = await start(({ response }) => {
      response.writeHead(302, { Location: `${backend.url}${path}` }).end();
    });
    const [, told] = /\r\nlocation: (\S+)/i.exec((await port.get('/app')).head) ?? [];
    expect(told).toBe(location ?? `${backend.url}${path}`);
  });

  test('does not get the paths that are served here', async () => {
    const port = await start();
    const statuses = [];
    for (const path of ['/', '/ws', '/sip']) statuses.push((await port.get(path)).status);
    expect([statuses, backend.asked]).toEqual([[200, 426, 426], []]);
  });

  test('of ACME alone gets no other paths', async () => {
    const port = await start(undefined, {}, (url) => ({ challenges: { backend: url } }));
    expect((await port.get('/.well-known/acme-challenge/token')).body).toContain('app');
    expect((await port.get('/app')).status).toBe(404);
    expect(backend.asked.map(({ request }) => request.url)).toEqual(['/.well-known/acme-challenge/token']);
  });

  test.each(['application/json', 'text/plain; charset=utf-8', 'json', 'text/', 'a b/c', ';;', ''])(
    'gets bodies as they are, of the type that the client named: %j',
    async (type) => {
      const port = await start();
      const body = '{"a" : 1}';
      expect((await port.get('/app', post(type, body), 'POST', body)).status).toBe(200);
      const asked = await backend.request(1);
      expect([asked.body, asked.request.headers['content-type']]).toEqual([body, type]);
    },
  );

  test('gets a body without a type as that', async () => {
    const port = await start();
    expect((await port.get('/app', 'Content-Length: 4\r\n', 'PUT', 'body')).status).toBe(200);
    const asked = await backend.request(1);
    expect([asked.body, asked.request.headers['content-type']]).toEqual(['body', undefined]);
  });

  test('that is not there is a 502, in words that tell nothing of it', async () => {
    const port = await start();
    await backend.stop();
    const answer = await port.get('/app');
    expect(answer.status).toBe(502);
    expect(answer.body).not.toMatch(/127\.0\.0\.1|ECONN/);
  });

  test('that is busy is not asked again', async () => {
    const port = await start(answerWith(503, 'busy'));
    expect(await port.get('/app')).toMatchObject({ status: 503, body: expect.stringContaining('busy') });
    expect(backend.asked).toHaveLength(1);
  });

  test('that does not answer is a 504', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const port = await start(undefined, { backendTime: 100 }, () => ({ backend: url }));
    expect((await port.get('/app')).status).toBe(504);
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
});

describe('N2: what a backend that does not answer may cost', () => {
  const never = () => undefined;
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: edge.test\r\n\r\n`;

  /** Requests that the backend has, and does not answer. */
  async function hang(port: WebPort, path: string, count: number): Promise<Wire[]> {
    const wires: Wire[] = [];
    for (let number = 0; number < count; number++) {
      const wire = port.open();
      wire.send(ask(path));
      wires.push(wire);
      await backend.request(backend.asked.length + 1);
    }
    return wires;
  }

  test('a request whose client leaves ends there at once, behind another one on its connection too', async () => {
    const port = await start(never);
    const [wire] = await hang(port, '/hang', 1);
    wire!.send(ask('/pipelined'));
    const ended = [(await backend.request(1)).response, (await backend.request(2)).response].map((each) =>
      once(each, 'close'),
    );
    wire!.socket.destroy();
    await Promise.all(ended);
  });

  test('a response whose client leaves ends there at once', async () => {
    const port = await start(({ response }) => void response.write('some'));
    const [wire] = await hang(port, '/hang', 1);
    const ended = once((await backend.request(1)).response, 'close');
    await wire!.bytes(1);
    wire!.socket.destroy();
    await ended;
  });

  test('a source beyond its share loses its own oldest request: 503 with a Retry-After', async () => {
    const port = await start(never, { backendRequestsOfSource: 2 });
    const [first, ...others] = await hang(port, '/hang', 2);
    const ended = once((await backend.request(1)).response, 'close');
    port.visitor = '203.0.113.6';
    others.push(...(await hang(port, '/hang', 1)));
    port.visitor = '203.0.113.5';
    others.push(...(await hang(port, '/hang', 1)));
    const { status, head } = await answerOn(first!);
    expect([status, head]).toEqual([503, expect.stringMatching(/\r\nretry-after: \d+/i)]);
    await ended;
    expect(others.map(({ socket, text }) => [socket.closed, text])).toEqual(others.map(() => [false, '']));
  });

  test('a response that has begun has no other end than that of its connection', async () => {
    const begin: BackendServer['answer'] = ({ response }) => void response.write('some');
    const port = await start(begin, { backendRequestsOfSource: 1 });
    const [first] = await hang(port, '/hang', 1);
    await first!.bytes(1);
    await hang(port, '/hang', 1);
    await first!.closed;
    expect(first!.text).not.toMatch(/503/);
  });

  test('nothing of a response that has not begun is in the refusal', async () => {
    const head = { 'Content-Encoding': 'gzip', 'Set-Cookie': 'a=b' };
    const begin: BackendServer['answer'] = ({ response }) => response.writeHead(200, head).flushHeaders();
    const port = await start(begin, { backendRequestsOfSource: 1 });
    const [first] = await hang(port, '/hang', 1);
    await hang(port, '/hang', 1);
    const answer = await answerOn(first!);
    expect([answer.status, answer.head]).toEqual([503, expect.not.stringMatching(/encoding|cookie/i)]);
  });

  test('many sources in one hand do not take the room of others', async () => {
    const port = await start(never, { backendRequests: 40 });
    const [slow] = await hang(port, '/slow', 1);
    const taken: Wire[] = [];
    for (let number = 0; number < 60; number++) {
      port.visitor = `2001:db8:0:${number.toString(16)}::1`;
      taken.push(...(await hang(port, '/hang', 1)));
    }
    port.visitor = '203.0.113.6';
    backend.answer = answerWith(200, 'app');
    expect((await port.get('/app')).status).toBe(200);
    (await backend.request(1)).response.end('app');
    expect(await slow!.bytes(1)).toMatch(/^HTTP\/1\.1 200 /);
    const refused = taken.filter(({ text }) => text.startsWith('HTTP/1.1 503 '));
    expect(refused.length).toBe(22);
  });

  test('the share of a source is a small part of all, and room for two browsers', () => {
    const { backendRequests, backendRequestsOfSource } = defaultWebLimits;
    expect(backendRequestsOfSource).toBeLessThanOrEqual(backendRequests / 8);
    expect(backendRequestsOfSource).toBeGreaterThanOrEqual(2 * 6);
  });
});
