import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { pino } from 'pino';
import type { BridgeEnd, MsrpBridge } from '../../../lib/msrp/bridge';
import { MsrpBridges, type MsrpCounters } from '../../../lib/msrp/bridges';
import type { MsrpLimits } from '../../../lib/msrp/limits';
import { messageOf } from './streams';

const host = '127.0.0.1';
let bridges: MsrpBridges;
let bridge: MsrpBridge;
let ended: Promise<BridgeEnd>;
let sockets: Socket[];
let servers: Server[];
let firstPort = 0;

function open(limits: Partial<MsrpLimits> = {}, ports = 20): void {
  // Each test has ports of its own: what a test before left in TIME_WAIT does not matter.
  firstPort = 10_000 + ((process.pid * 131 + Math.floor(performance.now() * 7)) % 20_000);
  const side = { addresses: [host], ports: { first: firstPort, last: firstPort + ports - 1 } };
  const core = { addresses: [host], ports: { first: firstPort + 100, last: firstPort + 100 + ports - 1 } };
  bridges = new MsrpBridges({ sides: { access: side, core }, logger: pino({ level: 'silent' }), limits });
  bridge = bridges.open();
  ended = once(bridge, 'ended').then(([reason]) => reason as BridgeEnd);
}

async function dial(port: number, localAddress = host): Promise<Socket> {
  const socket = connect({ host, port, localAddress, noDelay: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** A peer that listens: its port, and the connection that it gets. */
async function listener(): Promise<{ port: number; connection: Promise<Socket>; server: Server }> {
  const server = createServer();
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  const connection = once(server, 'connection').then(([socket]: Socket[]) => {
    socket!.on('error', () => undefined);
    sockets.push(socket!);
    return socket!;
  });
  return { port: (server.address() as { port: number }).port, connection, server };
}

/** Two ends that are joined: the UE's by plain TCP, and the core's, which listens. */
async function joined(): Promise<{ ue: Socket; core: Socket }> {
  const { port } = await bridge.listen('access');
  const peer = await listener();
  bridge.expect('access', host);
  bridge.start();
  const up = once(bridge, 'joined');
  bridge.connect('core', { address: host, port: peer.port });
  const ue = await dial(port);
  await up;
  return { ue, core: await peer.connection };
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < length;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else got += chunks.push(chunk) && chunk.length;
  }
  return Buffer.concat(chunks);
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function digestOf(socket: Socket, length: number): Promise<string> {
  return digest(await read(socket, length));
}

beforeEach(() => {
  sockets = [];
  servers = [];
});

afterEach(async () => {
  bridges.close();
  bridges.close();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  expect(bridges.counters()).toMatchObject({ open: 0, joined: 0, listening: { access: 0, core: 0 } });
});

function ends(): MsrpCounters['ends'] {
  return bridges.counters().ends;
}

describe('coming up', () => {
  test('H7: listens or connects on each side as negotiated, and bytes flow both ways', async () => {
    open();
    const { ue, core } = await joined();
    ue.write('from the UE');
    expect((await read(core, 11)).toString()).toBe('from the UE');
    core.write('from the core');
    expect((await read(ue, 13)).toString()).toBe('from the core');
    expect(bridges.counters()).toMatchObject({ joined: 1, bytes: { access: 11, core: 13 } });
  });

  test('H7: bytes of a side that is up first wait for the other, and none is lost', async () => {
    open();
    const early = randomBytes(3_000_000);
    const access = await bridge.listen('access');
    const core = await bridge.listen('core');
    bridge.expect('access');
    bridge.expect('core');
    const ue = await dial(access.port);
    ue.write(early);
    const peer = await dial(core.port);
    expect(await digestOf(peer, early.length)).toBe(digest(early));
  });

  test('H7: a core that connects before its answer was read is let in then', async () => {
    open();
    const access = await bridge.listen('access');
    const core = await bridge.listen('core');
    const peer = await dial(core.port);
    const ue = await dial(access.port);
    peer.write('early');
    bridge.expect('access', host);
    bridge.expect('core', host);
    expect((await read(ue, 5)).toString()).toBe('early');
  });

  test('H7: offered actpass and answered passive: it listens no more, and connects', async () => {
    open();
    await bridge.listen('core');
    expect(bridges.counters().listening.core).toBe(1);
    const peer = await listener();
    bridge.connect('core', { address: host, port: peer.port });
    await peer.connection;
    expect(bridges.counters().listening.core).toBe(0);
  });

  test('H7: a listening side takes one connection, from the address that is expected', async () => {
    open();
    const { port } = await bridge.listen('core');
    bridge.expect('core', '127.0.0.3');
    const stranger = await dial(port, '127.0.0.2');
    await once(stranger, 'close');
    const peer = await dial(port, '127.0.0.3');
    const { port: accessPort } = await bridge.listen('access');
    bridge.expect('access');
    const ue = await dial(accessPort);
    peer.write('x');
    expect((await read(ue, 1)).toString()).toBe('x');
    await expect(dial(port, '127.0.0.3')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(bridges.counters()).toMatchObject({ strangers: 1, listening: { access: 0, core: 0 } });
  });

  test('connections that wait until it is known who may come are bounded', async () => {
    open({ waiting: 2 });
    const { port } = await bridge.listen('core');
    await dial(port);
    await dial(port);
    const third = await dial(port);
    await once(third, 'close');
    expect(bridges.counters().strangers).toBe(1);
  });

  test('a range that is used up is an error, and its ports can be used again', async () => {
    open({}, 2);
    await bridge.listen('core');
    const second = bridges.open();
    await second.listen('core');
    await expect(bridges.open().listen('core')).rejects.toMatchObject({ code: 'msrp-no-port', sipStatus: 503 });
    second.close();
    await expect(bridges.open().listen('core')).resolves.toMatchObject({ address: host });
  });

  test('a port that another program has is passed over', async () => {
    open();
    const other = createServer();
    servers.push(other);
    other.listen(firstPort + 100, host);
    await once(other, 'listening');
    await expect(bridge.listen('core')).resolves.toEqual({ address: host, port: firstPort + 101 });
  });
});

describe('transfer', () => {
  test('E7: both ways at once, whole', async () => {
    open();
    const { ue, core } = await joined();
    const up = randomBytes(20_000_000);
    const down = randomBytes(20_000_000);
    ue.write(up);
    core.write(down);
    const first = await digestOf(core, up.length);
    const second = await digestOf(ue, down.length);
    expect([first, second]).toEqual([digest(up), digest(down)]);
  });

  test('H8: with a=msrp-cema all bytes pass untouched; H11: those of TLS too', async () => {
    open();
    const { ue, core } = await joined();
    const sent = Buffer.concat([
      messageOf({
        transactionId: 'tid1',
        toPath: 'msrp://x:1/a;tcp',
        fromPath: 'msrp://y:2/b;tcp',
        body: Buffer.from('z'),
      }).bytes,
      Buffer.from('160301', 'hex'),
      randomBytes(100_000),
    ]);
    ue.write(sent);
    expect((await read(core, sent.length)).equals(sent)).toBe(true);
  });

  test('H9: without a=msrp-cema paths are rewritten both ways', async () => {
    open();
    const uris = {
      ue: 'msrp://10.77.0.2:9/ue;tcp',
      shownToUe: 'msrp://198.51.100.1:80/s1;tcp',
      shownToCore: 'msrp://192.0.2.1:7000/s2;tcp',
      core: 'msrp://10.0.0.7:9000/core;tcp',
    };
    bridge.rewrite({
      access: { shown: uris.shownToUe, real: uris.core, from: uris.shownToCore },
      core: { shown: uris.shownToCore, real: uris.ue, from: uris.shownToUe },
    });
    const { ue, core } = await joined();
    const body = Buffer.from('hello');
    const message = (toPath: string, fromPath: string) =>
      messageOf({ transactionId: 'tid1', toPath, fromPath, body }).bytes;
    ue.write(message(uris.shownToUe, uris.ue));
    const toCore = message(uris.core, uris.shownToCore);
    expect((await read(core, toCore.length)).toString()).toBe(toCore.toString());
    core.write(message(uris.shownToCore, uris.core));
    const toUe = message(uris.ue, uris.shownToUe);
    expect((await read(ue, toUe.length)).toString()).toBe(toUe.toString());
    core.write(message('msrp://192.0.2.1:7000/wrong;tcp', uris.core));
    await once(ue, 'readable');
    expect(bridges.counters().strays).toBe(1);
  });
});

describe('the end', () => {
  test.each(['access', 'core'] as const)(
    'H10: the %s side closes: the other has all bytes, then is closed',
    async (side) => {
      open();
      const { ue, core } = await joined();
      const [from, to] = side === 'access' ? [ue, core] : [core, ue];
      const sent = randomBytes(5_000_000);
      from.end(sent);
      expect(await digestOf(to, sent.length)).toBe(digest(sent));
      to.resume();
      await once(to, 'end');
      expect(await ended).toBe(`${side}-closed`);
      expect(ends()).toEqual({ [`${side}-closed`]: 1 });
    },
  );

  test('H10: a side that closed is not waited for longer than the limit when the other does not read', async () => {
    open({ closeMs: 50 });
    const { ue, core } = await joined();
    core.pause();
    ue.end(randomBytes(1000));
    expect(await ended).toBe('access-closed');
  });

  test('H10: the call is released right after one side closed: the other still gets its bytes', async () => {
    open();
    let finishWrite: () => void = () => undefined;
    const written: Buffer[] = [];
    const core = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        written.push(chunk);
        finishWrite = done;
      },
    });
    const ue = new Duplex({ read: () => undefined, write: (_chunk, _, done) => done() });
    bridge.attach('access', ue);
    bridge.attach('core', core);
    ue.push('the last bytes');
    ue.push(null);
    await once(ue, 'end');
    bridge.release();
    expect(core.destroyed).toBe(false);
    core.push(null);
    finishWrite();
    expect(await ended).toBe('access-closed');
    expect(Buffer.concat(written).toString()).toBe('the last bytes');
  });

  test('a call that is released while nobody has closed ends at once', async () => {
    open();
    await joined();
    bridge.release();
    expect(await ended).toBe('released');
  });

  test('H10: a reset on one side closes the other', async () => {
    open();
    const { ue, core } = await joined();
    const closed = once(core.resume(), 'close');
    ue.resetAndDestroy();
    await closed;
    expect(await ended).toBe('access-closed');
  });

  test('a peer that never reads ends the bridge, and costs no more than the buffers on the way', async () => {
    open({ stallMs: 100 });
    const { ue, core } = await joined();
    core.pause();
    ue.write(randomBytes(60_000_000));
    expect(await ended).toBe('core-not-reading');
    expect(bridges.counters().bytes.access).toBeLessThan(30_000_000);
    expect(ends()).toEqual({ 'core-not-reading': 1 });
  });

  test('two that connect and say nothing', async () => {
    open({ firstBytesMs: 50 });
    await joined();
    expect(await ended).toBe('silent');
  });

  test.each(['access', 'core'] as const)('the %s side never comes', async (side) => {
    open({ joinMs: 50 });
    for (const name of ['access', 'core'] as const) {
      const { port } = await bridge.listen(name);
      bridge.expect(name);
      if (name !== side) await dial(port);
    }
    bridge.start();
    expect(await ended).toBe(`${side}-timeout`);
  });

  test('a core that refuses; the UE is closed', async () => {
    open();
    const peer = await listener();
    peer.server.close();
    await once(peer.server, 'close');
    const { port } = await bridge.listen('access');
    bridge.expect('access');
    const ue = await dial(port);
    const closed = once(ue.resume(), 'close');
    bridge.connect('core', { address: host, port: peer.port });
    expect(await ended).toBe('core-refused');
    await closed;
  });

  test('what is no MSRP where paths are rewritten: what came before is delivered, then both are closed', async () => {
    open();
    const uri = 'msrp://x:1/a;tcp';
    bridge.rewrite({ access: { shown: uri, real: uri, from: uri } });
    const { ue, core } = await joined();
    const good = messageOf({ transactionId: 'tid1', toPath: uri, fromPath: uri, body: Buffer.from('good') }).bytes;
    ue.resume().write(Buffer.concat([good, Buffer.from(`MSRP tid2 SEND\r\nTo-Path: ${'x'.repeat(9000)}`)]));
    expect(await read(core, good.length)).toEqual(good);
    core.resume();
    expect(await ended).toBe('access-malformed');
  });

  test('a second stream for a side is destroyed', async () => {
    open();
    await joined();
    const late = new Duplex({ read: () => undefined });
    const closed = once(late, 'close');
    bridge.attach('access', late);
    await closed;
    expect(bridge.isJoined).toBe(true);
  });

  test('released by us', async () => {
    open();
    const { ue } = await joined();
    const closed = once(ue.resume(), 'close');
    bridge.close();
    bridge.close();
    await closed;
    expect(await ended).toBe('released');
  });
});
