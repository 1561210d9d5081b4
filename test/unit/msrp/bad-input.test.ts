import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import { streamFrames } from '../../../lib/ice/stream-frames';
import type { BridgeEnd, MsrpBridge } from '../../../lib/msrp/bridge';
import { MsrpBridges } from '../../../lib/msrp/bridges';
import type { MsrpLimits } from '../../../lib/msrp/limits';
import { GatewayBench, pwd } from '../gateway/gateway-bench';
import { describeNativePlane } from '../gateway/plane-under-test';
import type { TestUe } from '../gateway/test-ue';
import { messageOf } from './streams';

const host = '127.0.0.1';
const ufrag = 'Msrp1234';
const user = `${ufrag}:ueue`;
const uris = {
  ue: 'msrp://10.77.0.2:9/ue;tcp',
  shownToUe: 'msrp://198.51.100.1:80/one;tcp',
  shownToCore: 'msrp://192.0.2.1:7000/two;tcp',
  core: 'msrp://10.0.0.7:9000/core;tcp',
};

let bench: GatewayBench;
let bridges: MsrpBridges;
let bridge: MsrpBridge;
let ended: Promise<BridgeEnd>;
let sockets: Socket[];

async function open(limits: Partial<MsrpLimits> = {}, gatewayLimits: Partial<GatewayLimits> = {}): Promise<void> {
  bench = await GatewayBench.open(gatewayLimits);
  sockets = [];
  const first = 10_000 + ((process.pid * 139 + Math.floor(performance.now() * 7)) % 20_000);
  const side = { addresses: [host], ports: { first, last: first + 9 } };
  bridges = new MsrpBridges({ sides: { access: side, core: side }, logger: pino({ level: 'silent' }), limits });
  bridge = bridges.open();
  ended = once(bridge, 'ended').then(([reason]) => reason as BridgeEnd);
  bench.gateway.addStream({
    ufrag,
    pwd,
    call: 'call-1',
    line: 1,
    content: 'msrp',
    opened: (bytes) => bridge.attach('access', bytes),
  });
}

function rewrite(): void {
  bridge.rewrite({
    access: { shown: uris.shownToUe, real: uris.core, from: uris.shownToCore },
    core: { shown: uris.shownToCore, real: uris.ue, from: uris.shownToUe },
  });
}

/** A UE that authenticated and nominated its connection. */
async function nominated(): Promise<TestUe> {
  const ue = await bench.dial();
  await ue.ask(user, pwd, true);
  return ue;
}

async function core(): Promise<Socket> {
  const { port } = await bridge.listen('core');
  bridge.expect('core', host);
  bridge.start();
  const socket = connect({ host, port, noDelay: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function joined(): Promise<{ ue: TestUe; peer: Socket }> {
  const up = once(bridge, 'joined');
  const [peer, ue] = [await core(), await nominated()];
  await up;
  return { ue, peer };
}

/** Both ends are closed, the bridge ended for this reason, and it is counted. */
async function closesBothFor(reason: BridgeEnd, ue: TestUe, peer: Socket): Promise<void> {
  peer.resume();
  // An error, of a reset, comes before it.
  if (!peer.closed) await new Promise((resolve) => peer.once('close', resolve));
  await ue.closed;
  expect(await ended).toBe(reason);
  expect(bridges.counters()).toMatchObject({ open: 0, joined: 0, ends: { [reason]: 1 } });
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < length; got += chunks.at(-1)?.length ?? 0) {
    chunks.push((socket.read() as Buffer | null) ?? Buffer.alloc(0));
    if (chunks.at(-1)?.length === 0) await once(socket, 'readable');
  }
  return Buffer.concat(chunks);
}

async function framesOf(ue: TestUe, length: number): Promise<Buffer> {
  const frames: Buffer[] = [];
  for (let got = 0; got < length; got += frames.at(-1)!.length) frames.push(await ue.frames.next());
  return Buffer.concat(frames);
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  bridges.close();
  await bench.close();
  expect(bridges.counters()).toMatchObject({ open: 0, listening: { access: 0, core: 0 } });
});

describe('STUN in a message', () => {
  test.each(['with paths rewritten', 'untouched'])(
    'H3 H4: a SEND whose body is a genuine check arrives both ways, cut at every offset, %s; none is answered',
    async (how) => {
      await open();
      const isRewritten = how === 'with paths rewritten';
      if (isRewritten) rewrite();
      const { ue, peer } = await joined();
      const body = ue.check(user, pwd, true);
      const message = (to: string, from: string) =>
        messageOf({ transactionId: 'tid1', toPath: to, fromPath: from, body }).bytes;
      const { shownToUe, shownToCore } = isRewritten ? uris : { shownToUe: uris.core, shownToCore: uris.ue };
      const up = {
        sent: message(shownToUe, uris.ue),
        arrives: message(uris.core, isRewritten ? shownToCore : uris.ue),
      };
      const down = {
        sent: message(shownToCore, uris.core),
        arrives: message(uris.ue, isRewritten ? shownToUe : uris.core),
      };
      for (let cut = 1; cut < up.sent.length; cut++) {
        ue.socket.write(Buffer.concat([streamFrames(up.sent.subarray(0, cut)), streamFrames(up.sent.subarray(cut))]));
        expect(await read(peer, up.arrives.length)).toEqual(up.arrives);
      }
      for (let cut = 1; cut < down.sent.length; cut++) {
        peer.write(down.sent.subarray(0, cut));
        await new Promise(setImmediate);
        peer.write(down.sent.subarray(cut));
        expect(await framesOf(ue, down.arrives.length)).toEqual(down.arrives);
      }
      expect(bench.gateway.counters().checks).toEqual({ accepted: 1, rejected: 0, ignored: 0 });
      expect(bridges.counters().strays).toBe(0);
    },
  );

  test('H4 C13: a check between the frames of a message is answered, and is no part of it', async () => {
    await open();
    rewrite();
    const { ue, peer } = await joined();
    const message = (toPath: string, fromPath: string) =>
      messageOf({ transactionId: 'tid1', toPath, fromPath, body: Buffer.from('hello') }).bytes;
    const sent = message(uris.shownToUe, uris.ue);
    ue.send(sent.subarray(0, 30), ue.check(user, pwd), sent.subarray(30));
    const arrives = message(uris.core, uris.shownToCore);
    expect(await read(peer, arrives.length)).toEqual(arrives);
    expect((await ue.nextMessage()).class).toBe('success');
  });
});

function badUes(): void {
  test('D9: a UE that connects and says nothing is closed, and the core with it', async () => {
    await open({ joinMs: 60 }, { authenticationMs: 30 });
    const peer = await core();
    const ue = await bench.dial();
    await closesBothFor('access-timeout', ue, peer);
    expect(bench.gateway.counters().closes['authentication-timeout']).toBe(1);
  });

  test('H7: a UE that authenticates and never nominates keeps no core waiting', async () => {
    await open({ joinMs: 60 });
    const peer = await core();
    const ue = await bench.dial();
    await ue.ask(user, pwd);
    await once(peer.resume(), 'close');
    expect(await ended).toBe('access-timeout');
    expect(bench.told).toEqual([]);
    // A nomination comes too late now.
    ue.send(ue.check(user, pwd, true));
    await ue.closed;
  });

  test('H10: both are up and say nothing', async () => {
    await open({ firstBytesMs: 30 });
    const { ue, peer } = await joined();
    await closesBothFor('silent', ue, peer);
  });

  test('E7: a UE that never reads costs the buffers on the way, and ends both', async () => {
    await open({ stallMs: 100 });
    const { ue, peer } = await joined();
    ue.socket.pause();
    peer.write(Buffer.alloc(80_000_000, 'x'));
    expect(await ended).toBe('access-not-reading');
    expect(bridges.counters().bytes.core).toBeLessThan(40_000_000);
    ue.socket.resume();
    await closesBothFor('access-not-reading', ue, peer);
  });

  test('E7: a core that never reads stops the UE, and ends both', async () => {
    await open({ stallMs: 100 });
    const { ue, peer } = await joined();
    peer.pause();
    ue.socket.write(streamFrames(Buffer.alloc(80_000_000, 'x')));
    expect(await ended).toBe('core-not-reading');
    expect(bridges.counters().bytes.access).toBeLessThan(40_000_000);
    await closesBothFor('core-not-reading', ue, peer);
  });

  test('H10: a UE whose connection is reset in mid-transfer: the core has what came, then is closed', async () => {
    await open();
    rewrite();
    const { ue, peer } = await joined();
    const message = messageOf({
      transactionId: 'tid1',
      toPath: uris.shownToUe,
      fromPath: uris.ue,
      body: Buffer.alloc(50_000, 'x'),
    }).bytes;
    ue.socket.write(streamFrames(message.subarray(0, 40_000)));
    await read(peer, 39_000);
    ue.socket.resetAndDestroy();
    await closesBothFor('access-closed', ue, peer);
  });

  test.each([
    ['headers that are too long', `MSRP tid1 SEND\r\nX: ${'y'.repeat(9000)}`],
    ['a head without end', `MSRP tid1 SEND\r\n${'X: y\r\n'.repeat(2000)}`],
    ['a start line without end', `MSRP ${'t'.repeat(9000)}`],
    ['what is no MSRP', 'GET / HTTP/1.1\r\n\r\n'],
    ['TLS where none was negotiated', '\x16\x03\x01\x02\x00'],
  ])('H9: %s, by the UE: both are closed', async (_name, text) => {
    await open();
    rewrite();
    const { ue, peer } = await joined();
    ue.socket.write(streamFrames(Buffer.from(text, 'latin1')));
    await closesBothFor('access-malformed', ue, peer);
  });

  test('H9: another To-Path than the one shown goes to the core as it is, which answers 481, and is counted', async () => {
    await open();
    rewrite();
    const { ue, peer } = await joined();
    const parts = { transactionId: 'tid1', toPath: 'msrp://192.0.2.99:1/else;tcp', body: Buffer.from('x') };
    ue.socket.write(streamFrames(messageOf({ ...parts, fromPath: uris.ue }).bytes));
    const arrives = messageOf({ ...parts, fromPath: uris.shownToCore }).bytes;
    expect(await read(peer, arrives.length)).toEqual(arrives);
    const refusal = { transactionId: 'tid1', start: '481 No Such Session', body: undefined };
    peer.write(messageOf({ ...refusal, toPath: uris.shownToCore, fromPath: parts.toPath }).bytes);
    const answer = messageOf({ ...refusal, toPath: uris.ue, fromPath: uris.shownToUe }).bytes;
    expect(await framesOf(ue, answer.length)).toEqual(answer);
    expect(bridges.counters().strays).toBe(1);
  });
}

describe('UEs and cores that do not play their part', badUes);

describeNativePlane(() => {
  describe('UEs and cores that do not play their part', badUes);
});
