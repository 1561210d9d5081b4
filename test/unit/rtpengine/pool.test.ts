import { PassThrough } from 'node:stream';
import { createLogger } from '../../../lib/ops/logger';
import { RtpenginePool } from '../../../lib/rtpengine/pool';
import { FakeNgServer, pong } from './fake-ng-server';

function recordedLog() {
  const stream = new PassThrough();
  const lines = () =>
    String(stream.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; reason?: string });
  return { logger: createLogger('info', stream), lines };
}

const unanswered = () => undefined;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the pool of rtpengines', () => {
  let servers: FakeNgServer[];
  let pool: RtpenginePool;
  let log: ReturnType<typeof recordedLog>;

  beforeEach(async () => {
    servers = [await FakeNgServer.start(), await FakeNgServer.start()];
    log = recordedLog();
    pool = new RtpenginePool({
      urls: servers.map(({ url }) => url),
      logger: log.logger,
      timeoutMs: 100,
      pingIntervalMs: 20,
    });
    await pool.watch();
  });
  afterEach(async () => {
    pool.close();
    pool.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  test('calls are spread in turn', () => {
    const urls = [pool.pick(), pool.pick(), pool.pick()].map(({ url }) => url);
    expect(urls).toEqual([servers[0]!.url, servers[1]!.url, servers[0]!.url]);
  });

  test('N4: a node that misses its pings is left out until it answers; loss and return are logged once each', async () => {
    const [node] = pool.nodes;
    servers[0]!.answer = unanswered;
    await until(() => !node!.isUp);
    expect([pool.pick().url, pool.pick().url]).toEqual([servers[1]!.url, servers[1]!.url]);
    const lost = servers[0]!.requests.length;
    // It is asked all the time.
    await servers[0]!.received(lost + 5);
    servers[0]!.answer = pong;
    await until(() => node!.isUp);
    expect(log.lines()).toEqual([
      expect.objectContaining({
        msg: 'rtpengine does not answer',
        reason: expect.stringContaining('did not answer') as string,
      }),
      expect.objectContaining({ msg: 'rtpengine answers again' }),
    ]);
  });

  test('N4, X5: commands without an answer, among answered pings, are no loss of the node', async () => {
    const [node] = pool.nodes;
    servers[0]!.answer = (request) => {
      if (request.command === 'ping') pong(request);
    };
    for (let i = 0; i < 5; i++) await expect(node!.query(`call-${i}`)).rejects.toMatchObject({ sipStatus: 503 });
    expect(node!.isUp).toBe(true);
    expect(log.lines()).toEqual([]);
  });

  test('N4: pings without an answer, among answered commands, are no loss of the node', async () => {
    const [node] = pool.nodes;
    servers[0]!.answer = (request) => {
      if (request.command !== 'ping') pong(request);
    };
    const already = servers[0]!.requests.filter(({ command }) => command === 'ping').length;
    const pings = () => new Set(servers[0]!.requests.filter(({ command }) => command === 'ping').map((r) => r.cookie));
    while (pings().size < already + 20) await node!.query('call');
    expect(node!.isUp).toBe(true);
  });

  test('N4: a node for which too much waits gets no new call', async () => {
    const [node] = pool.nodes;
    for (const server of servers) server.answer = unanswered;
    const waiting = Array.from({ length: 512 }, () => node!.query('call').catch(() => undefined));
    expect([pool.pick().url, pool.pick().url]).toEqual([servers[1]!.url, servers[1]!.url]);
    waiting.push(...Array.from({ length: 512 }, () => pool.nodes[1]!.query('call').catch(() => undefined)));
    expect(() => pool.pick()).toThrow(expect.objectContaining({ code: 'anchor-unavailable', sipStatus: 503 }));
    await Promise.all(waiting);
    for (const server of servers) server.answer = pong;
    await until(() => pool.nodes.every(({ isUp }) => isUp));
    pool.pick();
  });

  test('without any node: 503', async () => {
    for (const server of servers) server.answer = unanswered;
    await until(() => pool.nodes.every(({ isUp }) => !isUp));
    expect(() => pool.pick()).toThrow(expect.objectContaining({ code: 'anchor-unavailable', sipStatus: 503 }));
  });

  test('a call whose delete was not answered is deleted when the node answers', async () => {
    const [node] = pool.nodes;
    servers[0]!.answer = unanswered;
    await node!.delete('call-1');
    expect(node!.orphans).toBe(1);
    const deleted = new Promise<unknown>((resolve) => {
      servers[0]!.answer = (request) => {
        pong(request);
        if (request.command === 'delete') resolve(request.options['call-id']);
      };
    });
    await expect(deleted).resolves.toBe('call-1');
    expect(node!.orphans).toBe(0);
  });
});
