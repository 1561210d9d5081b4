import { once } from 'node:events';
import { createServer } from 'node:http';
import { createConnection, type AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { EdgeError } from '../../../lib/errors';
import type { CallMedia } from '../../../lib/media/media-anchor';
import { RemoteMediaAnchor } from '../../../lib/nodes/remote-media-anchor';
import { createLogger } from '../../../lib/ops/logger';
import { NodeServer, report } from './node-server';

const servers: NodeServer[] = [];
const anchors: RemoteMediaAnchor[] = [];
const others: { close(): void }[] = [];

afterEach(async () => {
  await Promise.all(anchors.splice(0).map((anchor) => anchor.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const other of others.splice(0)) other.close();
});

async function node(name: string, grace?: number): Promise<NodeServer> {
  const server = await new NodeServer(name).start(grace);
  servers.push(server);
  return server;
}

async function anchorOf(
  nodes: { at: string; weight?: number }[],
  { lostAfter, moves = false }: { lostAfter?: number; moves?: boolean } = {},
): Promise<RemoteMediaAnchor> {
  const anchor = new RemoteMediaAnchor({
    nodes: nodes.map(({ at, weight = 1 }) => ({ at, weight })),
    ...(lostAfter !== undefined && { lostAfter }),
    moves,
    logger: createLogger('silent'),
  });
  anchors.push(anchor);
  for (const each of anchor.nodes) await until(() => each.takesCalls);
  return anchor;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((later) => setTimeout(later, 5));
}

async function code(asked: Promise<unknown>): Promise<unknown> {
  return await asked.then(
    () => undefined,
    (error: unknown) => (error instanceof EdgeError ? error.code : error),
  );
}

/** A call with its first offer. */
async function opened(anchor: RemoteMediaAnchor, name: string): Promise<CallMedia> {
  const media = anchor.open(name);
  await media.offer('access', 'first');
  return media;
}

describe('K6, K7: the media of a call at a node', () => {
  test('is asked as that of a call here, and tells what became of it', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const ends = { address: '203.0.113.5', coreFamily: 'IP4', owner: 'alice', users: ['alice', 'al'] } as const;
    const media = anchor.open('call', { ...ends, users: [...ends.users] });
    expect(await media.offer('access', 'an offer')).toBe('one heard offer of access: an offer');
    expect(one.call('call').ends).toEqual(ends);
    expect(await media.answer('core', 'an answer')).toBe('one heard answer of core: an answer');
    await media.rollback();
    expect(await media.restartIce()).toBeUndefined();
    expect(one.call('call').asked.slice(2)).toEqual(['rollback', 'restart']);
    expect(await media.look()).toEqual([report(1)]);
    expect([anchor.calls, await media.release(), anchor.calls]).toEqual([1, [report(2)], 0]);
    expect(one.call('call').isReleased).toBe(true);
    expect(await code(media.offer('core', 'too late'))).toBe('call-ended');
  });

  test('fails as the node says, with what a SIP response needs', async () => {
    const one = await node('one');
    const media = await opened(await anchorOf([one]), 'call');
    one.call('call').fails = new EdgeError('no-usable-media', 'Nothing is left.', { retryAfter: 7 });
    await expect(media.offer('core', 'video')).rejects.toMatchObject({
      ...{ code: 'no-usable-media', message: 'Nothing is left.', sipStatus: 488, retryAfter: 7 },
    });
  });

  test('a first offer that is refused leaves nothing at the node, and another may come', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const media = anchor.open('call');
    const open = one.open.bind(one);
    one.open = (name, ends) => {
      const asked = open(name, ends);
      one.call(name).fails = new EdgeError('sdp-invalid', 'No SDP.');
      return asked;
    };
    expect(await code(media.offer('access', 'nonsense'))).toBe('sdp-invalid');
    await until(() => one.call('call').isReleased);
    one.open = open;
    expect(await media.offer('access', 'sense')).toBe('one heard offer of access: sense');
  });

  test('tells what happens to it, and nothing after its release', async () => {
    const one = await node('one');
    const media = await opened(await anchorOf([one]), 'call');
    const selected = { call: 'call', line: 0, path: 'tcp80', remote: { address: '203.0.113.5', port: 4711 } } as const;
    const told = once(media, 'selected');
    one.call('call').emit('selected', selected);
    expect(await told).toEqual([selected]);
    const lost = once(media, 'lost');
    one.call('call').emit('lost');
    await lost;
  });
});

describe('K6: which node a call gets', () => {
  const spread = (nodes: NodeServer[]) => nodes.map(({ calls }) => calls.size);

  test('the one with the fewest calls for its weight', async () => {
    const nodes = [await node('one'), await node('two')] as const;
    const anchor = await anchorOf([{ at: nodes[0].at, weight: 3 }, nodes[1]]);
    for (let i = 0; i < 8; i++) await opened(anchor, `call ${i}`);
    expect(spread([...nodes])).toEqual([6, 2]);
  });

  test('calls of other P-CSCFs count, and a call stays where it is', async () => {
    const nodes = [await node('one'), await node('two')] as const;
    nodes[0].status.calls = 50;
    const anchor = await anchorOf([...nodes]);
    const media = await opened(anchor, 'call');
    nodes[1].status.calls = 90;
    await until(() => anchor.nodes[1]?.status?.calls === 90);
    expect(await media.offer('core', 'again')).toBe('two heard offer of core: again');
    await opened(anchor, 'next');
    expect(spread([...nodes])).toEqual([1, 1]);
  });

  test('none that drains or is full; where there is no other, none', async () => {
    const nodes = [await node('one'), await node('two')] as const;
    nodes[0].status.refusal = 'it drains';
    const anchor = new RemoteMediaAnchor({
      nodes: nodes.map(({ at }) => ({ at, weight: 1 })),
      moves: false,
      logger: createLogger('silent'),
    });
    anchors.push(anchor);
    await until(() => anchor.nodes.every(({ status }) => status !== undefined));
    await opened(anchor, 'call');
    expect(spread([...nodes])).toEqual([0, 1]);
    nodes[1].status.refusal = 'it has as many calls as it may have';
    await until(() => anchor.nodes[1]?.takesCalls === false);
    expect(await code(opened(anchor, 'next'))).toBe('anchor-unavailable');
  });

  test('another where the first does not take it after all', async () => {
    const nodes = [await node('one'), await node('two')] as const;
    const anchor = await anchorOf([...nodes]);
    nodes[0].open = () => {
      throw new EdgeError('anchor-unavailable', 'It is closing.');
    };
    await opened(anchor, 'call');
    expect(spread([...nodes])).toEqual([0, 1]);
  });

  test('another where the first is killed, or freezes, while it is asked', async () => {
    const [killed, one] = [await node('killed'), await node('one')];
    const anchor = await anchorOf([killed, { at: one.at, weight: 0.5 }]);
    killed.open = () => {
      void killed.stop();
      return one.open('nobody sees it');
    };
    expect(await anchor.open('call').offer('access', 'first')).toBe('one heard offer of access: first');
    const frozen = createServer();
    const webSockets = new WebSocketServer({ server: frozen, handleProtocols: () => 'anchor.edge80' });
    others.push(frozen, webSockets);
    webSockets.on('connection', (socket) => {
      others.push({ close: () => socket.terminate() });
      socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'status', params: { calls: 0, callsLimit: 9 } }));
    });
    frozen.listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const at = `ws://127.0.0.1:${(frozen.address() as AddressInfo).port}`;
    const second = await anchorOf([{ at, weight: 100 }, one]);
    const media = second.open('call 2');
    expect(await media.offer('access', 'first')).toBe('one heard offer of access: first');
    expect(second.nodes[0]?.status).toBeUndefined();
  });
});

describe('K6: a node that is gone', () => {
  test('keeps its calls over a break, and tells then what happened', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const media = await opened(anchor, 'call');
    const gone = await opened(anchor, 'gone');
    const [lost, lostToo] = [jest.fn(), jest.fn()];
    media.on('lost', lost);
    gone.on('lost', lostToo);
    const told = once(media, 'media-lost');
    one.break();
    await until(() => anchor.nodes[0]?.status === undefined);
    await gone.release();
    one.call('call').emit('media-lost', { call: 'call', line: 0, path: 'udp', remote: { address: 'a', port: 1 } });
    await told;
    await until(() => one.call('gone').isReleased);
    expect(await media.offer('core', 'again')).toBe('one heard offer of core: again');
    expect([lost.mock.calls, lostToo.mock.calls]).toEqual([[], []]);
  });

  test('is asked for nothing meanwhile', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const media = await opened(anchor, 'call');
    one.break();
    await until(() => anchor.nodes[0]?.status === undefined);
    expect(await code(media.offer('core', 'again'))).toBe('anchor-unavailable');
    expect(await media.look()).toEqual([]);
    expect(await code(opened(anchor, 'next'))).toBe('anchor-unavailable');
  });

  test('and was started anew has lost its calls', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const media = await opened(anchor, 'call');
    const lost = once(media, 'lost');
    await one.stop();
    await one.start();
    await lost;
    await until(() => anchor.nodes[0]?.takesCalls === true);
    await opened(anchor, 'next');
    expect([...one.calls.keys()]).toEqual(['next']);
  });

  test('and lost a call meanwhile says so', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one]);
    const media = await opened(anchor, 'call');
    const lost = once(media, 'lost');
    one.break();
    await until(() => anchor.nodes[0]?.status === undefined);
    one.call('call').emit('lost');
    await lost;
  });

  test('for too long has lost them, too', async () => {
    const one = await node('one');
    const anchor = await anchorOf([one], { lostAfter: 50 });
    const media = await opened(anchor, 'call');
    const lost = once(media, 'lost');
    await one.stop();
    await lost;
    expect(await media.release()).toEqual([]);
  });
});

describe('K6: a call whose node is gone', () => {
  const sdp = (session: string, version: number, rest: string) => `v=0\r\no=- ${session} ${version} IN IP4 ${rest}\r\n`;

  /** Answered, at the first of two nodes; each writes SDPs of a session of its own. */
  async function answered(moves: boolean) {
    const nodes = [await node('one'), await node('two')] as const;
    nodes[1].status.calls = 50;
    const anchor = await anchorOf([...nodes], { lostAfter: 30, moves });
    const media = anchor.open('call');
    await media.offer('access', 'of the UE');
    await media.answer('core', 'of the core');
    return { anchor, nodes, media };
  }

  test('goes on at another one: what the core said is offered to the UE, whose answer is for the core', async () => {
    const { nodes, media } = await answered(true);
    const moved = once(media, 'moved');
    await nodes[0].stop();
    await moved;
    expect(await media.restartIce()).toBe('two heard offer of core: of the core');
    expect(await media.answer('access', 'new of the UE')).toBe('two heard answer of access: new of the UE');
    expect(await media.offer('access', 'hold')).toBe('two heard offer of access: hold');
    await media.release();
    expect(nodes[1].call('call').isReleased).toBe(true);
  });

  test('is lost where it may not move, has no answer yet, or there is no other node', async () => {
    const { anchor, nodes, media } = await answered(false);
    const ringing = await opened(anchor, 'ringing');
    const lost = Promise.all([once(media, 'lost'), once(ringing, 'lost')]);
    await nodes[0].stop();
    await lost;
    const alone = await answered(true);
    const moved = once(alone.media, 'moved');
    await Promise.all(alone.nodes.map((each) => each.stop()));
    await moved;
    expect(await code(alone.media.restartIce())).toBe('anchor-unavailable');
  });

  test('tells each side of one session with a version that rises (RFC 3264 §8)', async () => {
    const { nodes, media } = await answered(true);
    const [first, second] = nodes;
    const says = (server: NodeServer, text: string) => {
      server.call('call').offer = () => Promise.resolve(text);
    };
    says(first, sdp('17', 3, '192.0.2.1'));
    expect(await media.offer('core', 'again')).toBe(sdp('17', 3, '192.0.2.1'));
    const open = second.open.bind(second);
    second.open = (name, ends) => {
      const opening = open(name, ends);
      says(second, sdp('99', 1, '192.0.2.2'));
      return opening;
    };
    const moved = once(media, 'moved');
    await first.stop();
    await moved;
    expect(await media.restartIce()).toBe(sdp('17', 4, '192.0.2.2'));
    expect(await media.offer('core', 'hold')).toBe(sdp('17', 5, '192.0.2.2'));
  });
});

describe('K6: a P-CSCF at a node', () => {
  test('that is gone for too long has its calls released', async () => {
    const one = await node('one', 20);
    const anchor = await anchorOf([one]);
    await opened(anchor, 'call');
    for (const each of anchor.nodes) each.close();
    await until(() => one.call('call').isReleased);
  });

  test('never reaches calls of another one', async () => {
    const one = await node('one');
    const [first, second] = [await anchorOf([one]), await anchorOf([one])];
    const media = await opened(first, 'call');
    expect(await code(second.nodes[0]?.request('release', { call: 'call' }) ?? Promise.resolve())).toBeUndefined();
    expect(await code(second.nodes[0]?.request('look', { call: 'call' }) ?? Promise.resolve())).toBe(
      'anchor-call-unknown',
    );
    expect(one.call('call').isReleased).toBe(false);
    await media.release();
  });

  test('asks wrongly: it is told so, and the node asks its anchor nothing', async () => {
    const one = await node('one');
    const socket = new WebSocket(`${one.at}/anchor?session=0123456789abcdef`, 'anchor.edge80');
    others.push({ close: () => socket.terminate() });
    const answers: unknown[] = [];
    socket.on('message', (bytes: Buffer) => {
      const { id, error } = JSON.parse(bytes.toString()) as { id?: number; error?: { code: number } };
      if (id !== undefined) answers.push(error?.code);
    });
    await once(socket, 'open');
    const asked = [
      { method: 'offer', params: { call: 'call', from: 'nowhere', sdp: '' } },
      { method: 'open', params: { call: '' } },
      { method: 'open' },
      { method: 'toString', params: {} },
      { method: 'offer', params: { call: 'none', from: 'core', sdp: '' } },
      { method: 'open', params: { call: 'x'.repeat(1000) } },
    ];
    asked.forEach((each, id) => socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...each })));
    await until(() => answers.length === asked.length);
    expect(answers.sort()).toEqual([-32_000, -32_000, -32_000, -32_000, -32_000, -32_601]);
    expect(one.calls.size).toBe(0);
  });

  test.each([
    ['no JSON', 'garbage'],
    ['half of it', '{"jsonrpc":"2.0","id":1'],
    ['a list', '[{"jsonrpc":"2.0","id":1,"method":"calls"}]'],
    ['too much', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'open', params: { call: 'x'.repeat(300_000) } })],
  ])('sends %s: its connection is ended', async (_what, text) => {
    const one = await node('one');
    const socket = new WebSocket(`${one.at}/anchor?session=0123456789abcdef`, 'anchor.edge80');
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(text);
    await once(socket, 'close');
  });

  test.each([
    ['no session', '/anchor', 503],
    ['a session that can be guessed', '/anchor?session=1', 503],
    ['a path that is none', '//?session=0123456789abcdef', 404],
    ['a session', '/anchor?session=0123456789abcdef', 101],
  ])('with %s gets what it deserves', async (_what, path, status) => {
    const one = await node('one');
    const socket = createConnection({ port: Number(new URL(one.at).port), host: '127.0.0.1' });
    others.push({ close: () => socket.destroy() });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        'Sec-WebSocket-Protocol: anchor.edge80\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});
