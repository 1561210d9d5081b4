import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { framed } from '../../../lib/ice/deframer';
import { buildBindingRequest } from '../../../lib/ice/binding';
import type { MsrpBridge } from '../../../lib/msrp/bridge';
import { MsrpBridges } from '../../../lib/msrp/bridges';
import { FramedSocket } from '../../../lib/ue/framed-socket';
import { MsrpEndpoint } from '../../../lib/ue/msrp-endpoint';
import type { MsrpReceived } from '../../../lib/ue/msrp-incoming';
import { planeUnderTest } from '../gateway/plane-under-test';

const host = '127.0.0.1';
const pwd = 'thePasswordOfTheMsrpLine';
const uris = { ue: 'msrp://10.77.0.2:9/ue;tcp', core: 'msrp://10.0.0.7:2855/core;tcp' };

let gateway: TcpGateway;
let bridges: MsrpBridges;
let opened: { close(): void }[];

beforeEach(async () => {
  opened = [];
  const logger = pino({ level: 'silent' });
  gateway = new TcpGateway({ listen: [{ address: host, port: 0 }], advertised: [], logger, plane: planeUnderTest });
  await gateway.listen();
  const first = 10_000 + ((process.pid * 137 + Math.floor(performance.now() * 7)) % 20_000);
  const side = { addresses: [host], ports: { first, last: first + 9 } };
  bridges = new MsrpBridges({ sides: { access: side, core: side }, logger });
});

afterEach(async () => {
  for (const one of opened) one.close();
  bridges.close();
  await gateway.close();
  expect(gateway.counters()).toMatchObject({ open: 0, streams: 0 });
  expect(bridges.counters()).toMatchObject({ open: 0, listening: { access: 0, core: 0 } });
});

/** A bridge whose access side is port 80, and the UE's end of it. */
async function ueWith(bridge: MsrpBridge, ufrag: string): Promise<FramedSocket> {
  gateway.addStream({
    ufrag,
    pwd,
    call: 'call-1',
    line: 0,
    content: 'msrp',
    opened: (bytes) => bridge.attach('access', bytes),
  });
  const socket = connect({ host, port: gateway.address()[0]!.port });
  await once(socket, 'connect');
  return new Promise((resolve) => {
    const stream = new FramedSocket(socket, () => resolve(stream));
    opened.push({ close: () => stream.destroy() });
    socket.write(
      framed(
        buildBindingRequest({
          transactionId: randomBytes(12),
          username: `${ufrag}:ueue`,
          password: pwd,
          priority: 1,
          tieBreaker: 1n,
          useCandidate: true,
        }),
      ),
    );
  });
}

function endpoint(stream: Socket | FramedSocket, path: string, peerPath: string, active: boolean): MsrpEndpoint {
  const end = new MsrpEndpoint({ stream, path, peerPath, active });
  opened.push(end);
  return end;
}

async function transfer(from: MsrpEndpoint, to: MsrpEndpoint, size: number): Promise<void> {
  const content = randomBytes(size);
  const arrives = once(to, 'message').then(([message]) => message as MsrpReceived);
  await from.send({ contentType: 'application/octet-stream', content: [content], size, successReport: true });
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await arrives).toMatchObject({ bytes: size, sha256 });
}

test('H2 H7 H8: a UE on port 80 and a core that connects send each other files, all bytes untouched', async () => {
  const bridge = bridges.open();
  const { port } = await bridge.listen('core');
  bridge.expect('core', host);
  const stream = await ueWith(bridge, 'ufrag001');
  const ue = endpoint(stream, uris.ue, uris.core, true);
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const core = endpoint(socket, uris.core, uris.ue, false);
  await transfer(ue, core, 10_000_000);
  await transfer(core, ue, 10_000_000);
});

const shownToUe = 'msrp://198.51.100.1:80/one;tcp';
const shownToCore = 'msrp://192.0.2.1:7000/two;tcp';

/** A bridge with paths of ours toward both, and the stream of each. */
async function rewriting(ufrag: string): Promise<{ ueSide: FramedSocket; coreSide: Socket }> {
  const bridge = bridges.open();
  bridge.rewrite({
    access: { shown: shownToUe, real: uris.core, from: shownToCore },
    core: { shown: shownToCore, real: uris.ue, from: shownToUe },
  });
  const { port } = await bridge.listen('core');
  bridge.expect('core');
  const ueSide = await ueWith(bridge, ufrag);
  const coreSide = connect({ host, port });
  await once(coreSide, 'connect');
  return { ueSide, coreSide };
}

test('H9: with paths of ours toward both, which they take for each other’s', async () => {
  const { ueSide, coreSide } = await rewriting('ufrag002');
  const ue = endpoint(ueSide, uris.ue, shownToUe, false);
  const core = endpoint(coreSide, uris.core, shownToCore, true);
  await Promise.all([transfer(ue, core, 3_000_000), transfer(core, ue, 3_000_000)]);
  expect(bridges.counters().strays).toBe(0);
});

test('H9: a wrong To-Path goes through to the peer, and 481 comes back', async () => {
  const { ueSide, coreSide } = await rewriting('ufrag003');
  const ue = endpoint(ueSide, uris.ue, 'msrp://198.51.100.1:80/wrong;tcp', true);
  endpoint(coreSide, uris.core, shownToCore, false);
  const content = { contentType: 'text/plain', content: [Buffer.from('x')], size: 1 };
  await expect(ue.send(content)).rejects.toMatchObject({ message: expect.stringContaining('481') });
});

test('H2: two UEs on port 80, through a bridge each', async () => {
  const [one, other] = [bridges.open(), bridges.open()];
  const { address, port } = await other.listen('core');
  other.expect('core');
  one.connect('core', { address, port });
  const a = endpoint(await ueWith(one, 'ufrag004'), uris.ue, uris.core, true);
  const b = endpoint(await ueWith(other, 'ufrag005'), uris.core, uris.ue, false);
  await Promise.all([transfer(a, b, 3_000_000), transfer(b, a, 3_000_000)]);
});

test('H3 H4: a file that is nothing but genuine checks arrives whole', async () => {
  const bridge = bridges.open();
  const { port } = await bridge.listen('core');
  bridge.expect('core');
  const ue = endpoint(await ueWith(bridge, 'ufrag006'), uris.ue, uris.core, true);
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const core = endpoint(socket, uris.core, uris.ue, false);
  const check = buildBindingRequest({
    transactionId: randomBytes(12),
    username: 'ufrag006:ueue',
    password: pwd,
    priority: 1,
    tieBreaker: 1n,
    useCandidate: true,
  });
  const content = Buffer.concat(new Array<Buffer>(2000).fill(check));
  const sha256 = createHash('sha256').update(content).digest('hex');
  for (const [from, to] of [
    [ue, core],
    [core, ue],
  ] as const) {
    const arrives = once(to, 'message').then(([message]) => message as MsrpReceived);
    await from.send({ contentType: 'application/octet-stream', content: [content], size: content.length });
    expect(await arrives).toMatchObject({ sha256 });
  }
  expect(gateway.counters().checks.accepted).toBe(1);
});

test('H10: the UE hangs up in the middle: the core’s connection is closed, and nothing is left', async () => {
  const bridge = bridges.open();
  const ended = once(bridge, 'ended');
  const { port } = await bridge.listen('core');
  bridge.expect('core');
  const stream = await ueWith(bridge, 'ufrag007');
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const core = endpoint(socket, uris.core, uris.ue, false);
  const closed = once(core, 'closed');
  await transfer(endpoint(stream, uris.ue, uris.core, true), core, 100_000);
  stream.destroy();
  await closed;
  expect((await ended)[0]).toBe('access-closed');
  gateway.removeStream('ufrag007');
});
