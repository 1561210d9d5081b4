import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AccessListener } from '../../../lib/access/access-listener';
import type { AccessLimits } from '../../../lib/access/limits';
import type { Certificate } from '../../../lib/access/tls';
import { WebSocket } from 'ws';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { WebFront, type WebFrontOptions } from '../../../lib/web/web-front';
import { messageLimits } from '../../../lib/wire/limits';
import { frame, opcodes } from '../wire/frames';
import { selfSigned } from './self-signed';
import { SharedPort } from './shared-port';
import { WebSocketUe } from './websocket-ue';
import { FakeSipServer, request, response, tellRegistered, Wire } from './wire';

let certificate: Certificate;
let server: FakeSipServer;
let web: WebFront;
let listener: AccessListener;
let shared: SharedPort;
const ues: WebSocketUe[] = [];
const wires: Wire[] = [];

beforeAll(() => {
  certificate = selfSigned('edge.test');
});

beforeEach(async () => {
  server = await FakeSipServer.start();
});

afterEach(async () => {
  for (const { socket } of ues.splice(0)) socket.terminate();
  for (const { socket } of wires.splice(0)) socket.destroy();
  await listener.close();
  await web.close();
  await shared.close();
  await server.stop();
});

async function start(limits: Partial<AccessLimits> = {}, options: Partial<WebFrontOptions> = {}): Promise<void> {
  const logger = createLogger('silent');
  web = new WebFront({ sites: {}, shares: shareLimits(), logger, ...options });
  await web.start();
  listener = new AccessListener({
    ...{ listen: [], server: server.at, logger, tls: certificate, http: web },
    limits: { lastFarewell: 50, ...limits },
  });
  shared = await SharedPort.open(listener);
}

async function ue(isSecure = false, headers: Record<string, string> = {}): Promise<WebSocketUe> {
  const opened = await WebSocketUe.connect(shared.port, isSecure, headers);
  ues.push(opened);
  return opened;
}

const via = (transport = 'WS') => ({ Via: `SIP/2.0/${transport} df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport` });
const contact = { Contact: '<sip:alice@df7jal23ls0d.invalid;transport=ws>;reg-id=1;+sip.instance="<urn:uuid:1>"' };

/** A UE whose REGISTER has reached the SIP server. */
async function registering(isSecure = false) {
  const near = await ue(isSecure);
  near.send(request('REGISTER', { ...via(isSecure ? 'WSS' : 'WS'), ...contact }));
  const far = await server.connection();
  return { near, far, register: await far.next() };
}

/** Upgraded by hand: frames can be wrong. */
async function raw(isSecure = false, allowHalfOpen = false): Promise<Wire> {
  const at = { host: '127.0.0.1', port: shared.port, allowHalfOpen };
  const socket: Socket = isSecure ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
  await once(socket, isSecure ? 'secureConnect' : 'connect');
  const near = new Wire(socket);
  wires.push(near);
  near.send(upgrade());
  await near.bytes(1);
  expect(near.text).toMatch(/^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Protocol: sip\r\n/s);
  near.text = '';
  return near;
}

const upgrade = (more = 'Sec-WebSocket-Protocol: sip\r\n', path = '/') =>
  `GET ${path} HTTP/1.1\r\nHost: edge.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;

/** The close code of the frame that came last. */
async function closeCode(near: Wire): Promise<number> {
  await near.closed;
  const bytes = Buffer.from(near.text, 'latin1');
  expect([bytes[0], (bytes[1] ?? 0) >= 2]).toEqual([0x88, true]);
  return bytes.readUInt16BE(2);
}

describe.each([
  ['ws', false],
  ['wss', true],
] as const)('J2: a UE over %s', (transport, isSecure) => {
  const name = transport.toUpperCase();

  test('registers: the server sees one TCP connection, and where the UE is in the Via of its .invalid host', async () => {
    await start();
    const { near, far, register } = await registering(isSecure);
    const [ours, its] = register.all('Via');
    expect(ours).toMatch(/^SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;/);
    expect(its).toMatch(
      new RegExp(
        `^SIP/2\\.0/${name} df7jal23ls0d\\.invalid;branch=z9hG4bK56sdasks;received=127\\.0\\.0\\.1;rport=\\d+$`,
      ),
    );
    expect(register.header('Contact')).toBe(contact.Contact);
    const flow = listener.flowAt('127.0.0.1', far.socket.remotePort ?? 0);
    expect(flow).toMatchObject({ transport, contact: { host: '127.0.0.1', port: shared.port } });
    far.send(response(register, 200, { Contact: `<sip:alice@127.0.0.1:${server.at.port};transport=tcp>` }));
    const answer = await near.next();
    expect(answer.all('Via')).toEqual([its]);
    expect(answer.header('Contact')).toBe(`<sip:alice@127.0.0.1:${shared.port};transport=ws>`);
  });

  test('is sent requests, and answers them', async () => {
    await start();
    const { near, far, register } = await registering(isSecure);
    far.send(response(register, 200));
    await near.next();
    far.send(request('MESSAGE', {}, 'hello', 'sip:alice@df7jal23ls0d.invalid;transport=ws'));
    const message = await near.next();
    expect(message.startLine).toBe('MESSAGE sip:alice@df7jal23ls0d.invalid;transport=ws SIP/2.0');
    expect(message.all('Via')).toEqual([
      expect.stringMatching(new RegExp(`^SIP/2\\.0/${name} 127\\.0\\.0\\.1:${shared.port};branch=`)),
    ]);
    near.send(response(message, 200));
    expect((await far.next()).status).toBe(200);
  });

  test('says and is told the end', async () => {
    await start();
    const { near } = await registering(isSecure);
    const told = once(listener, 'closed');
    near.socket.close(1000);
    expect(await told).toEqual([expect.objectContaining({ transport })]);
    expect(await near.closed).toBe(1000);
    const { near: other, far } = await registering(isSecure);
    far.socket.destroy();
    expect(await other.closed).toBe(1000);
  });

  test.each([
    ['without a mask', frame(opcodes.text, 'OPTIONS', { mask: false }), 1002],
    ['with a reserved opcode', frame(3), 1002],
    ['that continues nothing', frame(opcodes.continuation, 'x'), 1002],
    ['of SIP without frames', Buffer.from(request('OPTIONS')), 1002],
    ['of text that is no UTF-8', frame(opcodes.text, Buffer.from([0xff, 0xfe])), 1007],
    ['that says it is too long', frame(opcodes.text, Buffer.alloc(140_000)).subarray(0, 20), 1009],
    ['in too many fragments', Buffer.concat(fragments(100)), 1008],
  ])('is closed for a frame %s', async (_what, bytes, code) => {
    await start();
    const near = await raw(isSecure);
    near.socket.write(bytes);
    expect(await closeCode(near)).toBe(code);
    expect([server.count, listener.size]).toEqual([0, 0]);
  });
});

function fragments(count: number): Buffer[] {
  const rest = Array.from({ length: count }, () => frame(opcodes.continuation, '', { fin: false }));
  return [frame(opcodes.text, 'OPTIONS', { fin: false }), ...rest];
}

describe('J2: what a frame brings', () => {
  test('CRLFCRLF gets CRLF, a CRLF gets nothing, a ping its pong', async () => {
    await start();
    const near = await ue();
    const pong = once(near.socket, 'pong');
    near.send('\r\n');
    near.send('\r\n\r\n');
    near.socket.ping('mark');
    expect(await near.frame()).toEqual({ text: '\r\n', isBinary: false });
    expect(String((await pong)[0])).toBe('mark');
    expect([near.frames, server.count]).toEqual([[], 0]);
  });

  test('a message in text, in binary, or in fragments arrives; without a Content-Length, too', async () => {
    await start();
    const { near, far } = await registering();
    const text = request('MESSAGE', via(), 'hello').replace(/Content-Length: \d+\r\n/, '');
    near.send(Buffer.from(text));
    near.send(text);
    near.socket.send(text.slice(0, 20), { fin: false });
    near.socket.send(text.slice(20), { fin: true });
    for (let i = 0; i < 3; i++) expect((await far.next()).body).toBe('hello');
  });

  test('what is no UTF-8 goes to the UE in binary frames', async () => {
    await start();
    const { near, far, register } = await registering();
    far.send(response(register, 200));
    expect((await near.frame()).isBinary).toBe(false);
    far.send(request('MESSAGE', {}, 'h\xe4llo'));
    expect(await near.frame()).toMatchObject({ isBinary: true, text: expect.stringMatching(/h\xe4llo$/) });
  });

  test.each([
    ['two messages', (text: string) => text + text],
    ['a part of one', (text: string) => text.slice(0, -1)],
  ])('%s get 400, and the end', async (_what, change) => {
    await start();
    const near = await ue();
    near.send(change(request('MESSAGE', via(), 'hello')));
    expect((await near.next()).status).toBe(400);
    expect(await near.closed).toBe(1008);
    expect(server.count).toBe(0);
  });

  test('a body above the limit gets 413, and the connection stays', async () => {
    await start();
    const { near, far } = await registering();
    near.send(request('MESSAGE', via(), 'x'.repeat(messageLimits.body + 1)));
    expect((await near.next()).status).toBe(413);
    near.send(request('OPTIONS', via()));
    expect((await far.next()).method).toBe('OPTIONS');
  });

  test('what is no SIP ends it', async () => {
    await start();
    const near = await ue();
    near.send('hello\r\n\r\n');
    await near.closed;
    expect(server.count).toBe(0);
  });

  test('nothing behind a close frame is read, and the connection ends even if its peer leaves it half open', async () => {
    await start();
    const near = await raw(false, true);
    near.socket.write(frame(opcodes.text, request('OPTIONS', via())));
    const far = await server.connection();
    await far.next();
    const closing = [frame(opcodes.close, Buffer.from([0x03, 0xe8])), frame(opcodes.text, request('REGISTER', via()))];
    near.socket.write(Buffer.concat(closing));
    await far.closed;
    near.socket.end();
    expect(await closeCode(near)).toBe(1000);
    expect(far.text).not.toContain('REGISTER');
  });
});

describe('J2, N2: the limits of TCP hold', () => {
  const begun = request('OPTIONS', via());

  test.each([
    ['a frame that does not end', [frame(opcodes.text, begun).subarray(0, 50)], []],
    ['fragments without an end, and pings', [frame(opcodes.text, begun, { fin: false })], [frame(opcodes.ping)]],
  ])('%s: closed after the time for a message', async (_what, bytes, goingOn) => {
    await start({ message: 100 });
    const near = await raw();
    near.socket.write(frame(opcodes.text, begun));
    const far = await server.connection();
    await far.next();
    near.socket.write(Buffer.concat(bytes));
    const more = setInterval(() => goingOn.forEach((each) => near.socket.write(each)), 20);
    await near.closed;
    clearInterval(more);
  });

  test('whoever brings nothing, or keep-alives alone, is closed as a stranger', async () => {
    await start({ firstMessage: 50 });
    await (
      await ue()
    ).closed;
    await listener.close();
    await web.close();
    await shared.close();
    await start({ stranger: 100 });
    const { near } = await registering();
    const more = setInterval(() => near.send('\r\n\r\n'), 20);
    await near.closed;
    clearInterval(more);
  });

  test('whoever is idle is closed', async () => {
    await start({ idle: 100 });
    const { near } = await registering();
    await near.closed;
  });

  test('whoever does not read is closed', async () => {
    await start({ unsent: 50_000, unsentToStranger: 50_000 });
    const { near, far, register } = await registering();
    near.socket.pause();
    far.send(response(register, 200));
    const body = 'x'.repeat(60_000);
    const flood = setInterval(() => far.send(request('MESSAGE', {}, body)), 1);
    await once(listener, 'closed');
    clearInterval(flood);
  });

  test.each([
    ['pings', frame(opcodes.ping)],
    ['keep-alives', frame(opcodes.text, '\r\n\r\n')],
    ['empty messages', frame(opcodes.binary)],
  ])('a flood of %s ends its connection, few bytes as they are', async (_what, each) => {
    await start();
    const near = await raw();
    near.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => each)));
    await near.closed;
  });

  test('of pings that come at once the last is answered (RFC 6455 §5.5.3), and of keep-alives one', async () => {
    await start();
    const near = await raw();
    near.socket.write(Buffer.concat(['a', 'b', 'c'].map((mark) => frame(opcodes.ping, mark))));
    await near.bytes(3);
    near.socket.write(Buffer.concat([1, 2, 3].map(() => frame(opcodes.text, '\r\n\r\n'))));
    near.socket.write(frame(opcodes.close, Buffer.from([3, 232])));
    await near.closed;
    expect(near.text).toBe('\x8a\x01c' + '\x81\x02\r\n' + '\x88\x02\x03\xe8');
  });

  test('pongs wait for a peer that does not read up to a bound', async () => {
    await start();
    const near = await raw();
    near.socket.pause();
    const pongs = jest.spyOn(WebSocket.prototype, 'pong');
    const unsent = jest.spyOn(WebSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(1_000_000);
    near.socket.write(frame(opcodes.ping, 'a'));
    near.send(frame(opcodes.text, request('OPTIONS', via())).toString('latin1'));
    await (await server.connection()).next();
    expect(pongs).not.toHaveBeenCalled();
    for (const spy of [pongs, unsent]) spy.mockRestore();
  });

  test('who has registered stays when strangers have to make room', async () => {
    await start({ unauthenticatedPerAddress: 1, graceMs: 0 });
    const { near, far, register } = await registering();
    far.send(response(register, 200));
    await near.next();
    tellRegistered(listener, far);
    const strangers = [await ue(), await ue(), await ue()];
    await strangers[0]?.closed;
    near.send('\r\n\r\n');
    expect(await near.frame()).toEqual({ text: '\r\n', isBinary: false });
    expect(listener.counts().authenticated).toBe(1);
  });
});

describe('J2: who may upgrade', () => {
  test.each(['/', '/ws', '/sip', '/any/path?with=query'])('whoever asks for sip, on the path %s', async (path) => {
    await start();
    const near = await Wire.connect(shared.port);
    wires.push(near);
    near.send(upgrade('Sec-WebSocket-Protocol: chat, sip\r\n', path));
    await near.bytes(1);
    expect(near.text).toMatch(/^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Protocol: sip\r\n/s);
  });

  test('compression is not agreed upon', async () => {
    await start();
    const near = await Wire.connect(shared.port);
    wires.push(near);
    near.send(upgrade('Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n'));
    await near.bytes(1);
    expect(near.text).toMatch(/^HTTP\/1\.1 101 /);
    expect(near.text).not.toMatch(/extensions/i);
  });

  test.each<[string, string | undefined, string]>([
    ['of the list', 'https://phone.example', '101'],
    ['of the list, in capitals', 'HTTPS://Phone.Example', '101'],
    ['none, as no browser has', undefined, '101'],
    ['of another host', 'https://evil.example', '403'],
    ['of the same host without TLS', 'http://phone.example', '403'],
    ['of nobody', 'null', '403'],
  ])('with WEBSOCKET_ORIGINS, an origin %s: %s gets %s', async (_what, origin, status) => {
    await start({}, { origins: ['https://phone.example'] });
    const near = await Wire.connect(shared.port);
    wires.push(near);
    near.send(upgrade(`Sec-WebSocket-Protocol: sip\r\n${origin === undefined ? '' : `Origin: ${origin}\r\n`}`));
    await near.bytes(1);
    expect(near.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each([
    ['no subprotocol', upgrade(''), 426],
    ['another subprotocol', upgrade('Sec-WebSocket-Protocol: chat\r\n'), 426],
    ['another version', upgrade().replace('Version: 13', 'Version: 12'), 400],
    ['no key', upgrade().replace(/Sec-WebSocket-Key: .*\r\n/, ''), 400],
    ['another method', upgrade().replace('GET', 'POST'), 405],
  ])('%s: refused with a status, and closed', async (_what, text, status) => {
    await start();
    const near = await Wire.connect(shared.port);
    near.send(text);
    await near.closed;
    expect(near.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(listener.size).toBe(0);
  });
});
