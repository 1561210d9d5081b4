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
      retryMs: { first: 10, most: 20 },
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

  test('a node that does not answer is left out; its loss and return are logged once each', async () => {
    const [node] = pool.nodes;
    servers[0]!.answer = unanswered;
    await node!.watch();
    await node!.watch();
    expect(node!.isUp).toBe(false);
    expect([pool.pick().url, pool.pick().url]).toEqual([servers[1]!.url, servers[1]!.url]);
    const back = new Promise<void>((resolve) => {
      servers[0]!.answer = (request) => {
        pong(request);
        resolve();
      };
    });
    await back;
    await node!.watch();
    expect(node!.isUp).toBe(true);
    expect(log.lines()).toEqual([
      expect.objectContaining({
        msg: 'rtpengine does not answer',
        reason: expect.stringContaining('did not answer') as string,
      }),
      expect.objectContaining({ msg: 'rtpengine answers again' }),
    ]);
  });

  test('without any node: 503', async () => {
    for (const server of servers) server.answer = unanswered;
    await pool.watch();
    expect(() => pool.pick()).toThrow(expect.objectContaining({ code: 'anchor-unavailable', sipStatus: 503 }));
  });

  test('a call whose delete was not answered is deleted when the node is back', async () => {
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
