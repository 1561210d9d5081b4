import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { AccessListener } from '../../../lib/access/access-listener';
import type { AccessLimits } from '../../../lib/access/limits';
import type { Certificate } from '../../../lib/access/tls';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import type { Rate } from '../../../lib/shares/token-buckets';
import { selfSigned } from './self-signed';
import { FakeSipServer, request, response, Wire } from './wire';

let server: FakeSipServer;
let listener: AccessListener;
let certificate: Certificate;
const clients: ChildProcessWithoutNullStreams[] = [];

const port = () => listener.points[0]?.port ?? 0;

/** `openssl s_client`: what is written to it goes out as it is, what comes is on its standard output. */
function sClient(...options: string[]): { client: ChildProcessWithoutNullStreams; ue: Wire<Duplex> } {
  const client = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${port()}`, ...options]);
  clients.push(client);
  return { client, ue: new Wire(Duplex.from({ readable: client.stdout, writable: client.stdin })) };
}

/** The first message of a handshake. */
async function clientHello(): Promise<Buffer> {
  const taker = createServer().listen(0, '127.0.0.1');
  await once(taker, 'listening');
  const client = connect({ host: '127.0.0.1', port: (taker.address() as AddressInfo).port });
  client.on('error', () => undefined);
  const [socket] = (await once(taker, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  taker.close();
  return hello;
}

beforeAll(() => {
  certificate = selfSigned('ue.test');
});

async function start(limits: Partial<AccessLimits> = {}, handshakes?: Rate): Promise<void> {
  const shares = shareLimits();
  if (handshakes) shares.source.handshakes = handshakes;
  listener = new AccessListener({
    listen: [{ host: '127.0.0.1', port: 0, transport: 'tls' }],
    tls: certificate,
    server: server.at,
    logger: createLogger('silent'),
    limits,
    shares,
  });
  await listener.start();
}

beforeEach(async () => {
  server = await FakeSipServer.start();
  await start();
});

afterEach(async () => {
  await listener.close();
  await server.stop();
  for (const client of clients.splice(0)) {
    if (client.exitCode === null && client.signalCode === null) {
      client.kill();
      await once(client, 'exit');
    }
  }
});

test('G5: openssl s_client: CRLFCRLF gets CRLF, also in one segment with a REGISTER, which goes through', async () => {
  const { ue } = sClient();
  ue.send('\r\n\r\n');
  expect(await ue.bytes(2)).toBe('\r\n');
  ue.send(`\r\n\r\n${request('REGISTER')}`);
  expect(await ue.bytes(4)).toBe('\r\n\r\n');
  const far = await server.connection();
  const register = await far.next();
  expect(far.text).toMatch(/^REGISTER/);
  expect(listener.flowAt('127.0.0.1', far.socket.remotePort ?? 0)).toMatchObject({
    transport: 'tls',
    remoteAddress: '127.0.0.1',
    contact: { host: '127.0.0.1', port: port() },
  });
  far.send(response(register, 200, { Contact: `<sip:alice@127.0.0.1:${server.at.port};transport=tcp>` }));
  const answer = await ue.next();
  expect(answer.all('Via')).toEqual([expect.stringMatching(/^SIP\/2.0\/TLS 10.1.2.3:5062;/)]);
  expect(answer.header('Contact')).toBe(`<sip:alice@127.0.0.1:${port()};transport=tls>`);
  far.send(request('OPTIONS'));
  expect((await ue.next()).header('Via')).toContain(`SIP/2.0/TLS 127.0.0.1:${port()};branch=`);
});

test('G20: the end of a TLS connection is told', async () => {
  const { client, ue } = sClient();
  ue.send(request('REGISTER'));
  const far = await server.connection();
  await far.next();
  const told = once(listener, 'closed');
  client.kill();
  expect(await told).toEqual([expect.objectContaining({ transport: 'tls' })]);
  await far.closed;
});

test.each(['-tls1', '-tls1_1'])('%s is refused', async (version) => {
  const { client } = sClient(version);
  await once(client, 'exit');
  expect(client.exitCode).not.toBe(0);
  expect(server.count).toBe(0);
});

test.each([
  ['without forward secrecy', 'AES128-GCM-SHA256:AES256-GCM-SHA384'],
  ['without authenticated encryption', 'ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA'],
])('X13: suites %s are refused', async (_what, suites) => {
  listener.useCertificate(selfSigned('ue.test', 'rsa:2048'));
  const { client } = sClient('-tls1_2', '-cipher', suites);
  await once(client, 'exit');
  expect(client.exitCode).not.toBe(0);
  expect(server.count).toBe(0);
});

test('X13: TLS 1.2 with a strong suite is served', async () => {
  const { ue } = sClient('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256');
  ue.send('\r\n\r\n');
  expect(await ue.bytes(2)).toBe('\r\n');
});

test('X13: a client that wants to renegotiate is told that there is none', async () => {
  const client = connect({ host: '127.0.0.1', port: port(), maxVersion: 'TLSv1.2', rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const refused = await new Promise<Error | null>((told) => {
    client.on('error', told);
    client.renegotiate({}, told);
  });
  expect(refused?.message).toContain('no renegotiation');
  client.destroy();
});

test.each([
  ['has not begun', () => Promise.resolve(Buffer.alloc(0))],
  ['stops in the middle of a message', async () => (await clientHello()).subarray(0, 50)],
  ['waits for the other half', clientHello],
])('X13: a handshake that %s is bounded in time', async (_what, bytes) => {
  await listener.close();
  await start({ handshake: 500 });
  const served = sClient();
  served.ue.send('\r\n\r\n');
  await served.ue.bytes(2);
  const near = await Wire.connect(port());
  near.socket.write(await bytes());
  await near.closed;
  served.ue.send('\r\n\r\n');
  expect(await served.ue.bytes(4)).toBe('\r\n\r\n');
});

describe('X13: beyond the handshakes of its source', () => {
  /** A connection that has sent all that a handshake begins with, after another one had the only token. */
  async function held(limits: Partial<AccessLimits>): Promise<Wire> {
    await listener.close();
    await start(limits, { perSecond: 0, burst: 1 });
    const first = sClient();
    first.ue.send('\r\n\r\n');
    await first.ue.bytes(2);
    const near = await Wire.connect(port());
    near.socket.write(await clientHello());
    return near;
  }

  test('a connection is answered nothing, and closed when it has waited as long as a handshake may take', async () => {
    const near = await held({ handshake: 100 });
    await near.closed;
    expect(near.text).toBe('');
    expect(listener.counts().handshakes).toEqual({ 'source-handshakes': 1, 'too-late': 1 });
  });

  test('it makes room as every stranger does', async () => {
    const near = await held({ unauthenticatedPerAddress: 2, graceMs: 0 });
    const later = [await Wire.connect(port()), await Wire.connect(port())];
    await near.closed;
    expect(near.text).toBe('');
    expect(listener.counts()).toMatchObject({ strangers: 2, displaced: { 'address-limit': 2 } });
    for (const { socket } of later) socket.destroy();
  });

  test('it does not outlive the listener', async () => {
    const near = await held({});
    await listener.close();
    await near.closed;
    expect(near.text).toBe('');
  });

  test('it is served once there is room, with what it sent meanwhile', async () => {
    await listener.close();
    await start({}, { perSecond: 2, burst: 1 });
    const to = { host: '127.0.0.1', port: port(), rejectUnauthorized: false };
    const clients = Array.from({ length: 3 }, () => new Wire(connect(to)));
    for (const ue of clients) ue.send(request('REGISTER'));
    const served = await Promise.all(clients.map(async () => (await server.connection()).next()));
    expect(served.map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER', 'REGISTER']);
    expect(listener.counts().handshakes).toEqual({ 'source-handshakes': 2 });
    for (const { socket } of clients) socket.destroy();
  });
});

test('N2: handshakes are few at once: for who comes the oldest makes room, and who is through stays', async () => {
  await listener.close();
  await start({ handshakes: 4 });
  const stall = async () => {
    const near = await Wire.connect(port());
    near.socket.write((await clientHello()).subarray(0, 50));
    return near;
  };
  const [first, ...others] = [await stall(), await stall(), await stall(), await stall()];
  const { ue } = sClient();
  ue.send('\r\n\r\n');
  expect(await ue.bytes(2)).toBe('\r\n');
  await first.closed;
  expect(listener.counts().displaced).toEqual({ 'handshake-limit': 1 });
  for (let i = 0; i < 4; i++) await stall();
  await Promise.all(others.map(({ closed }) => closed));
  ue.send('\r\n\r\n');
  expect(await ue.bytes(4)).toBe('\r\n\r\n');
  expect(listener.counts().displaced).toEqual({ 'handshake-limit': 4 });
});

test('what is no TLS is closed, and costs the SIP server nothing', async () => {
  const near = await Wire.connect(port());
  near.send(request('REGISTER'));
  await near.closed;
  expect(server.count).toBe(0);
});

test('a handshake that does not go on does not outlive the listener', async () => {
  const near = await Wire.connect(port());
  await listener.close();
  await near.closed;
});

test('a new certificate is for the connections that come from then on', async () => {
  listener.useCertificate(selfSigned('renewed.test'));
  const { client } = sClient('-verify', '1');
  let said = '';
  for await (const chunk of client.stderr) {
    said += String(chunk);
    if (said.includes('CN = renewed.test')) break;
  }
});

test('a certificate that does not belong to its key is refused', () => {
  expect(() => listener.useCertificate({ ...certificate, key: selfSigned('other.test').key })).toThrow(
    'The TLS certificate and its key cannot be used.',
  );
});
