import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { AccessListener, type Certificate } from '../../../lib/access/access-listener';
import { createLogger } from '../../../lib/ops/logger';
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

beforeAll(() => {
  certificate = selfSigned('ue.test');
});

beforeEach(async () => {
  server = await FakeSipServer.start();
  listener = new AccessListener({
    listen: [{ host: '127.0.0.1', port: 0, transport: 'tls' }],
    tls: certificate,
    server: server.at,
    logger: createLogger('silent'),
  });
  await listener.start();
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
