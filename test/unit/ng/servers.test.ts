import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { parsePrefix } from '../../../lib/ip-prefix';
import { NgClients } from '../../../lib/ng/clients';
import { NgFront, type NgExecutor } from '../../../lib/ng/front';
import { NgHttpServer } from '../../../lib/ng/http-server';
import { NgUdpServer } from '../../../lib/ng/udp-server';
import { createLogger } from '../../../lib/ops/logger';

const logger = createLogger('silent');
const at = { address: '127.0.0.1', port: 0 };
const bencoded = 'application/x-rtpengine-ng';

/** Says what it was told. */
const echo: NgExecutor = { execute: ({ bencode }) => Promise.resolve(bencode) };
const silent: NgExecutor = { execute: () => Promise.reject(new Error('a fault')) };

function clientsFrom(...networks: string[]): NgClients {
  return new NgClients(networks.length === 0 ? undefined : networks.map((text) => parsePrefix(text)!), logger);
}

describe('K1: ng over UDP', () => {
  const client = createSocket('udp4');
  let server: NgUdpServer | undefined;
  const start = async (clients: NgClients) => {
    server = new NgUdpServer({ at, front: new NgFront(echo, logger), clients, logger });
    await server.start();
    return server.address.port;
  };
  afterEach(() => server?.close());
  afterAll(() => client.close());

  test('a datagram is answered, up to the largest', async () => {
    const port = await start(clientsFrom());
    for (const size of [1, 60_000]) {
      const message = `1_1 d7:command4:ping3:sdp${size}:${'x'.repeat(size)}e`;
      client.send(message, port, '127.0.0.1');
      const [reply] = (await once(client, 'message')) as [Buffer];
      expect(reply.toString() === message).toBe(true);
    }
  });

  test('who is in no network of NG_FROM has no answer', async () => {
    const clients = clientsFrom('192.0.2.0/24');
    const port = await start(clients);
    client.send('1_1 d7:command4:pinge', port, '127.0.0.1');
    while (clients.refused === 0) await new Promise(setImmediate);
    expect(clients.refused).toBe(1);
    expect(clientsFrom('127.0.0.0/8').admits('::ffff:127.0.0.1')).toBe(true);
    expect(clientsFrom().admits('192.0.2.1')).toBe(false);
  });

  test('a port that is taken is told', async () => {
    const port = await start(clientsFrom());
    const other = new NgUdpServer({
      at: { ...at, port },
      front: new NgFront(echo, logger),
      clients: clientsFrom(),
      logger,
    });
    await expect(other.start()).rejects.toMatchObject({ code: 'ng-listen-failed' });
    other.close();
  });
});

describe('K1: ng over HTTP and WebSocket', () => {
  let server: NgHttpServer;
  let url: string;
  const start = async (executor = echo, clients = clientsFrom()) => {
    server = new NgHttpServer({ at, front: new NgFront(executor, logger), clients, logger });
    await server.start();
    url = `127.0.0.1:${server.address.port}`;
  };
  const post = async (path: string, body: string, type = bencoded, headers = {}) => {
    const reply = await fetch(`http://${url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
    });
    return { status: reply.status, type: reply.headers.get('content-type'), body: await reply.text() };
  };
  afterEach(() => server.close());

  test('POST with a cookie and without, and GET /ping', async () => {
    await start();
    const type = bencoded;
    expect(await post('/ng', 'ck d7:command4:pinge')).toEqual({ status: 200, type, body: 'ck d7:command4:pinge' });
    expect((await post('/ng', 'ck {"command":"ping"}')).body).toBe('ck {"command":"ping"}');
    expect((await post('/ng-plain', '{"command":"ping"}', 'application/json')).body).toBe('{"command":"ping"}');
    expect((await post('/ng-plain', 'd7:command4:pinge')).body).toBe('d7:command4:pinge');
    expect(await (await fetch(`http://${url}/ping`)).text()).toBe('pong\n');
  });

  test.each([
    ['no cookie', '/ng', 'garbage', bencoded, {}, 503],
    ['the content type of a form', '/ng', 'ck d7:command4:pinge', 'text/plain', {}, 415],
    ['a page of a browser', '/ng', 'ck d7:command4:pinge', bencoded, { origin: 'http://example.com' }, 403],
    ['too long', '/ng', 'x'.repeat(300_000), bencoded, {}, 413],
    ['another path', '/', 'ck d7:command4:pinge', bencoded, {}, 404],
  ])('%s is refused', async (_what, path, body, type, headers, status) => {
    await start();
    expect((await post(path, body, type, headers)).status).toBe(status);
  });

  test('a command that fails has a status', async () => {
    await start(silent);
    expect((await post('/ng', 'ck d7:command4:pinge')).status).toBe(503);
  });

  test.each([
    ['ng.rtpengine.com', 'ck d7:command4:pinge'],
    ['ng.rtpengine.com', 'ck {"command":"ping"}'],
    ['ng-plain.rtpengine.com', '{"command":"ping"}'],
    ['ng-plain.rtpengine.com', 'd7:command4:pinge'],
  ])('WebSocket %s: %s', async (subprotocol, message) => {
    await start();
    const webSocket = new WebSocket(`ws://${url}/`, [subprotocol]);
    await once(webSocket, 'open');
    webSocket.send(message);
    const [reply, isBinary] = (await once(webSocket, 'message')) as [Buffer, boolean];
    expect([reply.toString(), isBinary]).toEqual([message, true]);
    webSocket.terminate();
  });

  test.each([
    ['without a subprotocol', [], {}],
    ['with another subprotocol', ['sip'], {}],
    ['of a page of a browser', ['ng.rtpengine.com'], { origin: 'http://example.com' }],
  ])('a WebSocket %s is refused', async (_what, subprotocols, headers) => {
    await start();
    const webSocket = new WebSocket(`ws://${url}/`, subprotocols, { headers });
    const [error] = (await once(webSocket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  test('who is in no network of NG_FROM has no connection', async () => {
    await start(echo, clientsFrom('192.0.2.0/24'));
    await expect(post('/ng', 'ck d7:command4:pinge')).rejects.toThrow('fetch failed');
  });
});
