import type { RaisedCandidate } from '../../../lib/gateway/stream-nominations';
import type { StreamPath } from '../../../lib/gateway/stream';
import { PathFollower } from '../../../lib/media/path-follower';
import { StreamPaths } from '../../../lib/media/stream-paths';
import { createLogger } from '../../../lib/ops/logger';
import { OccasionalLog } from '../../../lib/ops/occasional-log';
import type { LineStatistics } from '../../../lib/rtpengine/call-statistics';

const raisedOne: RaisedCandidate = { address: '127.0.0.1', port: 40_000, priority: 511 };
const stream = { ufrag: 'Ab12', pwd: 'p', call: 'call', line: 0, content: 'rtp', kind: 'audio' } as const;
const at: StreamPath = {
  stream: { ...stream, anchor: { address: '198.51.100.1', port: 30_000 } },
  remote: { address: '203.0.113.5', port: 50_000 },
  port: 80,
};

describe('a UE that is not heard on a connection that was nominated above its UDP', () => {
  let raised: RaisedCandidate[];
  let ranked: (readonly RaisedCandidate[])[];
  let lowered: string[];
  let line: LineStatistics;
  let canRank: boolean;
  let time: number;
  let follower: PathFollower;

  beforeEach(() => {
    raised = [raisedOne];
    ranked = [];
    lowered = [];
    canRank = true;
    time = 0;
    const endpoint = { address: '127.0.0.1', port: 40_000 };
    line = { endpoint, localAddress: '198.51.100.1', confirmed: true, packets: 9, errors: 100, rttMs: undefined };
    const paths = new StreamPaths(
      () => undefined,
      [],
      () => undefined,
    );
    const call = {
      rank: (_: number, candidates: readonly RaisedCandidate[]) => {
        ranked.push(candidates);
        return Promise.resolve(canRank);
      },
    };
    follower = new PathFollower({
      gateway: { winBack: () => undefined, raisedOf: () => raised, lower: (ufrag) => lowered.push(ufrag) },
      lookAt: () =>
        Promise.resolve({
          call,
          paths,
          statistics: new Map([[0, { access: line, core: undefined }]]),
          run: (command) => command(),
          learn: () => undefined,
        }),
      log: new OccasionalLog(createLogger('silent')),
      now: () => time,
    });
  });

  /** So many looks, before each of which so many packets came from elsewhere. */
  async function looks(...strays: number[]): Promise<void> {
    for (const [i, more] of strays.entries()) {
      line = { ...line, errors: line.errors + more };
      await follower.unheard(at, i + 1);
    }
  }

  test('S21, C19: is back on UDP if rtpengine drops what comes from elsewhere: our candidates are lowered', async () => {
    await looks(50, 15);
    expect(ranked).toEqual([[raisedOne]]);
    expect(lowered).toEqual(['Ab12']);
  });

  test.each<[string, number[]]>([
    ['before it is silent', [1000]],
    ['in a look or two', [0, 2, 1]],
    ['never', [0, 0, 0, 0]],
  ])('S21: is only silent if packets come from elsewhere %s', async (_, strays) => {
    await looks(...strays);
    expect(ranked).toEqual([]);
  });

  test('S21: what came from elsewhere before it fell silent again does not count', async () => {
    await looks(0, 0);
    await looks(1000, 2);
    expect(ranked).toEqual([]);
    await looks(0, 3);
    expect(ranked).toHaveLength(1);
  });

  test('S21: stays where it is if not all that was raised is known', async () => {
    raised = [];
    await looks(0, 50);
    expect(ranked).toEqual([]);
  });

  test('S21: stays where it is while an offer is under way', async () => {
    canRank = false;
    await looks(0, 50);
    expect([ranked.length, lowered]).toEqual([1, []]);
    canRank = true;
    await follower.unheard(at, 3);
    line = { ...line, errors: line.errors + 50 };
    await follower.unheard(at, 4);
    expect(lowered).toEqual(['Ab12']);
  });

  test('S21: who sends to rtpengine’s port all the time does not move it again and again', async () => {
    for (let i = 0; i < 10; i++) await looks(0, 50);
    expect(lowered).toHaveLength(4);
    time += 15_000;
    await looks(0, 50);
    expect(lowered).toHaveLength(5);
  });
});
