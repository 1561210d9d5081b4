import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { framed } from '../../../lib/ice/deframer';
import { buildBindingRequest, xorMappedAddress } from '../../../lib/ice/binding';
import { parseStun } from '../../../lib/ice/stun-message';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import type { OtherKind } from '../../../lib/gateway/openings';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import type { Accepted } from '../../../lib/port/accepted';
import { Arrivals } from './arrivals';
import { planeUnderTest } from './plane-under-test';

const ufrag = 'Ab12Cd34';
const pwd = 'thePasswordThatRtpengineChose';
const hello = Buffer.from(
  '8046010301002d000000100100800300800700c006004002008004008000000400feff00000a00fefe0000090000640000620000030000061f170ca62f0078fc46552eb18339f1ea',
  'hex',
);
const answer = Buffer.from(
  '160301004a020000460301428545a727a95da0b3c5e753da482b3fc65aca89c15852a1783c5b174600853f200ed306725b5b1b5f15ac13f988539d9be83d7b0c30326e384da27557416c345c000400',
  'hex',
);

interface Given {
  kind: OtherKind;
  remote: TransportAddress;
  local: TransportAddress;
  socket: Socket;
}

let gateway: TcpGateway;
let given: Arrivals<Given>;
let sockets: Socket[];

async function open(isProxy = false, limits: Partial<GatewayLimits> = {}): Promise<void> {
  given = new Arrivals();
  sockets = [];
  gateway = new TcpGateway({
    listen: [{ address: '127.0.0.1', port: 0 }],
    advertised: [],
    logger: pino({ level: 'silent' }),
    limits,
    plane: planeUnderTest,
    isProxy: () => isProxy,
    others: (accepted: Accepted, kind) => {
      sockets.push(accepted.socket);
      given.push({ ...accepted, kind });
    },
  });
  await gateway.listen();
  const anchor = { address: '127.0.0.1', port: 9 };
  gateway.addStream({ ufrag, pwd, anchor, content: 'rtp', kind: 'audio', call: 'call-1', line: 0 });
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway.close();
  expect(gateway.counters().open).toBe(0);
});

async function dial(): Promise<Socket> {
  const socket = connect({ port: gateway.address()[0]!.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** So many bytes that come on a socket. */
function take(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    const more = (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < length) return;
      socket.off('data', more).pause();
      resolve(got);
    };
    socket.on('data', more).resume();
  });
}

function check(): Buffer {
  return framed(
    buildBindingRequest({
      transactionId: randomBytes(12),
      username: `${ufrag}:ueue`,
      password: pwd,
      priority: 1,
      tieBreaker: 1n,
      useCandidate: false,
    }),
  );
}

const register = `REGISTER sip:ims.example SIP/2.0\r\nContent-Length: 900\r\n\r\n${'b'.repeat(900)}`;
const get = `GET / HTTP/1.1\r\nHost: edge.example\r\nX: ${'y'.repeat(900)}\r\n\r\n`;
const clientHello = Buffer.concat([Buffer.from('160301', 'hex'), Buffer.alloc(1000, 7)]);

test.each([
  ['sip', Buffer.from(register)],
  ['http', Buffer.from(get)],
  ['tls', clientHello],
] as const)('J1: %s is handed over, and loses no byte wherever it was cut', async (kind, bytes) => {
  await open();
  for (let cut = 1; cut < bytes.length; cut++) {
    const socket = await dial();
    socket.write(bytes.subarray(0, cut));
    // The rest on a segment of its own: before the handing over, in it, or after it.
    for (let turns = cut % 4; turns > 0; turns--) await new Promise(setImmediate);
    socket.write(bytes.subarray(cut));
    const one = await given.next();
    expect(one.kind).toBe(kind);
    expect(one.remote).toEqual({ address: '127.0.0.1', port: socket.localPort });
    expect(one.local.port).toBe(gateway.address()[0]!.port);
    expect(await take(one.socket, bytes.length)).toEqual(bytes);
    one.socket.write('answer');
    expect(String(await take(socket, 6))).toBe('answer');
    socket.destroy();
    one.socket.destroy();
  }
  expect(gateway.counters()).toMatchObject({ open: 0, fromUe: { stun: 0 } });
  expect(gateway.counters().closes['handed-over']).toBe(gateway.counters().accepted);
});

test('J1: what is handed over ends as it did before', async () => {
  await open();
  const socket = await dial();
  socket.end(register);
  const one = await given.next();
  const ended = once(one.socket, 'end');
  expect(await take(one.socket, register.length)).toEqual(Buffer.from(register));
  one.socket.resume();
  await ended;
});

test('J1: a connection that was handed over takes no place of media', async () => {
  await open(false, { unauthenticated: 2, unauthenticatedPerAddress: 2, graceMs: 0 });
  for (let i = 0; i < 5; i++) {
    (await dial()).write(register);
    await given.next();
  }
  const ue = await dial();
  ue.write(check());
  expect(parseStun((await take(ue, 20)).subarray(2))).toMatchObject({ class: 'success' });
  expect(gateway.counters().closes['address-limit']).toBe(0);
});

test('J1: what is nothing of ours, or says too little, is closed and counted', async () => {
  await open();
  for (const bytes of ['SSH-2.0-x\r\n', 'MSRP a SEND\r\n', 'get / HTTP/1.1', '\0\x01\0\x02']) {
    const socket = await dial();
    const closed = once(socket, 'close');
    socket.resume().write(bytes);
    await closed;
  }
  expect(gateway.counters().closes['strange-opening']).toBe(4);
});

test('J9: the hello of ssltcp is answered, wherever it is cut, and frames follow', async () => {
  await open();
  for (let cut = 1; cut < hello.length + 100; cut++) {
    const ue = await dial();
    const all = Buffer.concat([hello, check()]);
    ue.write(all.subarray(0, cut));
    await new Promise(setImmediate);
    ue.write(all.subarray(cut));
    const got = await take(ue, answer.length + 22);
    expect(got.subarray(0, answer.length)).toEqual(answer);
    expect(parseStun(got.subarray(answer.length + 2))).toMatchObject({ class: 'success' });
    ue.destroy();
  }
});

test('J9: another hello than that of ssltcp is closed', async () => {
  await open();
  const ue = await dial();
  const closed = once(ue, 'close');
  const other = Buffer.from(hello);
  other[60]! ^= 1;
  ue.resume().write(other);
  await closed;
  expect(gateway.counters().closes['strange-opening']).toBe(1);
});

const lines: [string, Buffer, string][] = [
  ['version 1', Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 40000 80\r\n'), '203.0.113.9'],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::9 2001:db8::1 40000 80\r\n'), '2001:db8::9'],
  [
    'version 2 with TLVs',
    Buffer.from('0d0a0d0a000d0a515549540a21110010cb007109c63364019c40005004000101', 'hex'),
    '203.0.113.9',
  ],
];

test.each(lines)('J7: a header of %s before media names the UE', async (_, header, address) => {
  await open(true);
  for (let cut = 1; cut < header.length + 40; cut++) {
    const all = Buffer.concat([header, check()]);
    const ue = await dial();
    ue.write(all.subarray(0, cut));
    await new Promise(setImmediate);
    ue.write(all.subarray(cut));
    const response = parseStun((await take(ue, 22)).subarray(2));
    if ('fault' in response) throw new Error(response.fault);
    expect(xorMappedAddress(response)).toEqual({ address, port: 40_000 });
    ue.destroy();
  }
});

test.each(lines)('J7: a header of %s before SIP names the UE, and is taken out', async (_, header, address) => {
  await open(true);
  (await dial()).write(Buffer.concat([header, Buffer.from(register)]));
  const one = await given.next();
  expect(one).toMatchObject({ kind: 'sip', remote: { address, port: 40_000 }, local: { port: 80 } });
  expect(await take(one.socket, register.length)).toEqual(Buffer.from(register));
});

test('J7: a connection of the proxy itself keeps its address', async () => {
  await open(true);
  for (const header of ['PROXY UNKNOWN\r\n', Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')]) {
    (await dial()).write(Buffer.concat([Buffer.from(header), Buffer.from(register)]));
    expect((await given.next()).remote.address).toBe('127.0.0.1');
  }
});

test.each([
  ['no header, but SIP', Buffer.from(register)],
  ['no header, but media', Buffer.alloc(0)],
  ['an address that is none', Buffer.from('PROXY TCP4 203.0.113.900 198.51.100.1 1 80\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 2001:db8::9 2001:db8::1 1 80\r\n')],
  ['a port that is none', Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 65536 80\r\n')],
  ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['a version that there is not', Buffer.from('0d0a0d0a000d0a515549540a31110000', 'hex')],
  ['less than its addresses', Buffer.from('0d0a0d0a000d0a515549540a21110004cb007109', 'hex')],
  ['more than is taken', Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex')],
])('J7: a trusted proxy that sends %s is disconnected', async (_, bytes) => {
  await open(true);
  const socket = await dial();
  const closed = once(socket, 'close');
  socket.resume().write(bytes.length === 0 ? check() : bytes);
  await closed;
  expect(gateway.counters().closes['proxy-header']).toBe(1);
});

test('J7: UEs behind a proxy have each their own limit', async () => {
  await open(true, { unauthenticatedPerAddress: 1, graceMs: 0 });
  const dialFrom = async (host: number) => {
    const ue = await dial();
    ue.write(Buffer.concat([Buffer.from(`PROXY TCP4 203.0.113.${host} 198.51.100.1 40000 80\r\n`), hello]));
    await take(ue, answer.length);
    return ue;
  };
  const first = await dialFrom(1);
  const closed = once(first.resume(), 'close');
  for (const host of [2, 3]) await dialFrom(host);
  expect(gateway.counters().open).toBe(3);
  await dialFrom(1);
  await closed;
  expect(gateway.counters().closes['address-limit']).toBe(1);
});

test('J7: a stranger who sends a header is disconnected', async () => {
  await open();
  const socket = await dial();
  const closed = once(socket, 'close');
  socket.resume().write('PROXY TCP4 203.0.113.9 198.51.100.1 40000 80\r\n');
  await closed;
  expect(gateway.counters().closes['strange-opening']).toBe(1);
});
