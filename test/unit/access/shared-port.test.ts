import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { AccessListener, type AccessListenerOptions } from '../../../lib/access/access-listener';
import type { AccessLimits } from '../../../lib/access/limits';
import type { Certificate } from '../../../lib/access/tls';
import type { Accepted } from '../../../lib/port/accepted';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { selfSigned } from './self-signed';
import { SharedPort } from './shared-port';
import { FakeSipServer, request, response, Wire } from './wire';

let certificate: Certificate;
let server: FakeSipServer;
let listener: AccessListener;
let shared: SharedPort;

beforeAll(() => {
  certificate = selfSigned('edge.test');
});

beforeEach(async () => {
  server = await FakeSipServer.start();
});

afterEach(async () => {
  await listener.close();
  await shared.close();
  await server.stop();
});

async function start(
  options: Partial<Omit<AccessListenerOptions, 'limits'>> & { limits?: Partial<AccessLimits> } = {},
  told: Parameters<typeof SharedPort.open>[1] = {},
): Promise<void> {
  listener = new AccessListener({
    ...{ listen: [], server: server.at, logger: createLogger('silent'), tls: certificate },
    ...options,
    limits: { lastFarewell: 50, ...options.limits },
  });
  shared = await SharedPort.open(listener, told);
}

async function inTls(options: ConnectionOptions = {}): Promise<Wire<TLSSocket>> {
  const socket = connectTls({ host: '127.0.0.1', port: shared.port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return new Wire(socket);
}

/** Lets the sockets work until the condition holds, or the test ran out of its time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A UE's OPTIONS as the SIP server gets it, and its way back. */
async function expectServed(near: Wire | Wire<TLSSocket>, transport: string): Promise<void> {
  const far = await server.connection();
  const first = await far.next();
  expect(first.method).toBe('OPTIONS');
  expect(listener.flowAt('127.0.0.1', far.socket.remotePort ?? 0)?.transport).toBe(transport);
  far.send(response(first, 200));
  expect((await near.next()).status).toBe(200);
}

test('J1: SIP on a shared port is served as SIP over TCP', async () => {
  await start();
  const near = await Wire.connect(shared.port);
  near.send(request('OPTIONS'));
  await expectServed(near, 'tcp');
});

test('M1: TURN inside TLS is given on, with what was read of it, and counts here no more', async () => {
  const taken: Accepted[] = [];
  await start({ turn: (accepted) => void taken.push(accepted), limits: { unauthenticated: 1, graceMs: 0 } });
  const near = await inTls();
  const allocate = Buffer.from('000300082112a442010203040506070809101112001900041100000000', 'hex');
  for (const byte of allocate.subarray(0, 10)) near.socket.write(Buffer.from([byte]));
  near.socket.write(allocate.subarray(10));
  await until(() => taken.length > 0);
  expect(listener.counts().strangers).toBe(0);
  const { socket, remote } = taken[0]!;
  expect(remote).toEqual({ address: '127.0.0.1', port: near.socket.localPort });
  const got: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => got.push(chunk)).resume();
  await until(() => Buffer.concat(got).length === allocate.length);
  expect(Buffer.concat(got)).toEqual(allocate);
  // Another stranger displaces it no more.
  const other = await inTls();
  other.send(request('OPTIONS'));
  await expectServed(other, 'tls');
  expect(socket.destroyed).toBe(false);
  near.socket.destroy();
  socket.destroy();
});

test('M1: where there is no TURN, it is closed inside TLS too, and counted', async () => {
  await start();
  const near = await inTls();
  const closed = once(near.socket, 'close');
  near.socket.write(Buffer.from('000300082112a442', 'hex'));
  await closed;
  expect(listener.counts().refusedInTls).toEqual({ turn: 1 });
});

test('J1: a keep-alive may be the first thing', async () => {
  await start();
  const near = await Wire.connect(shared.port);
  near.send('\r\n\r\n');
  expect(await near.bytes(2)).toBe('\r\n');
  near.send(request('OPTIONS'));
  await expectServed(near, 'tcp');
});

test('J1: inside TLS the first bytes are asked again, wherever they are cut', async () => {
  await start();
  const text = request('OPTIONS');
  for (const at of [1, 7, 8, 9, 40]) {
    const near = await inTls();
    near.socket.setNoDelay(true);
    near.send(text.slice(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    near.send(text.slice(at));
    await expectServed(near, 'tls');
  }
});

test('J1: nor is a byte lost where the hello of TLS is cut', async () => {
  await start();
  for (const cut of [1, 2, 5, 8, 100, 200]) {
    const proxy = createServer((near) => {
      const far = connect(shared.port, '127.0.0.1').setNoDelay(true);
      near.once('data', (hello: Buffer) => {
        far.write(hello.subarray(0, cut));
        // Once the listener has it, or waits for more.
        void until(() => listener.size > 0 || cut < 3).then(() => {
          far.write(hello.subarray(cut));
          near.pipe(far).pipe(near);
        });
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const near = await inTls({ port: (proxy.address() as AddressInfo).port });
    near.send(request('OPTIONS'));
    await expectServed(near, 'tls');
    near.socket.destroy();
    await until(() => listener.size === 0);
    proxy.close();
  }
});

test.each([
  ['another TLS', '\x16\x03\x01\x02\x00\x01\x00\x01', 'tls'],
  ['media', '\x00\x64\x00\x01\x00\x50\x21\x12', 'strange'],
  ['HTTP where none is served', 'GET / HTTP/1.1\r\n', 'http'],
  ['anything else', 'anything', 'strange'],
])('J1: %s inside TLS is closed and counted', async (_what, bytes, kind) => {
  await start();
  const near = await inTls();
  near.send(bytes);
  await near.closed;
  expect(listener.counts().refusedInTls).toEqual({ [kind]: 1 });
  expect(server.count).toBe(0);
});

test('J1: what stays undecided inside TLS is closed as late as a first message is', async () => {
  await start({ limits: { firstMessage: 50 } });
  const near = await inTls();
  near.send('OPTI');
  await near.closed;
  expect(listener.counts().refusedInTls).toEqual({ undecided: 1 });
});

test('J1: without a certificate TLS on a shared port is closed', async () => {
  listener = new AccessListener({ listen: [], server: server.at, logger: createLogger('silent') });
  shared = await SharedPort.open(listener);
  const near = await Wire.connect(shared.port);
  near.send('\x16\x03\x01\x02\x00\x01\x00\x01');
  await near.closed;
  expect(listener.size).toBe(0);
});

test('J7: the address that the hand-over names counts: in received, in the flow, in what a UE is shown', async () => {
  const told = { remote: { address: '203.0.113.5', port: 4711 }, local: { address: '192.0.2.80', port: 80 } };
  await start({ shown: ['2001:db8::1', '198.51.100.1'] }, told);
  const near = await Wire.connect(shared.port);
  near.send(request('OPTIONS'));
  const far = await server.connection();
  const first = await far.next();
  expect(first.all('Via')[1]).toContain(';received=203.0.113.5;rport=4711');
  expect(listener.flowAt('127.0.0.1', far.socket.remotePort ?? 0)).toMatchObject({
    remoteAddress: '203.0.113.5',
    remotePort: 4711,
    contact: { host: '198.51.100.1', port: 80 },
  });
});

test('J1: a connection that has ended before it is handed over holds no place', async () => {
  await start();
  const socket = new Socket().destroy();
  await once(socket, 'close');
  const nowhere = { address: '127.0.0.1', port: 1 };
  listener.take({ socket, remote: nowhere, local: nowhere }, 'sip');
  expect([listener.size, listener.counts().strangers]).toEqual([0, 0]);
});

test('J1: what is handed over after the end is closed', async () => {
  await start();
  await listener.close();
  const near = await Wire.connect(shared.port);
  near.send(request('OPTIONS'));
  await near.closed;
  expect(listener.size).toBe(0);
});

test('J1: a connection that is reset while it waits for its handshake ends, and nothing else', async () => {
  const shares = shareLimits();
  shares.source.handshakes = { perSecond: 0, burst: 0 };
  await start({ shares });
  const near = await Wire.connect(shared.port);
  near.send('\x16\x03\x01\x02\x00\x01\x00\x01');
  await until(() => listener.counts().handshakes['source-handshakes'] === 1);
  near.socket.resetAndDestroy();
  await until(() => listener.size === 0);
});

test('N2: connections to shared ports make room as those to points do', async () => {
  await start({ limits: { unauthenticatedPerAddress: 1, graceMs: 0 } });
  const first = await Wire.connect(shared.port);
  first.send('\r\n\r\n');
  await first.bytes(2);
  const second = await Wire.connect(shared.port);
  second.send('\r\n\r\n');
  await first.closed;
  expect(listener.counts().displaced).toEqual({ 'address-limit': 1 });
});
