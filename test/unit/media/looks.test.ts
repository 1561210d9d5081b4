import { setImmediate } from 'node:timers/promises';
import { shareLimits } from '../../../lib/shares/limits';
import { FakeRtpengine } from './fake-rtpengine';
import { anchorWith, coreAnswer, iceOffer } from './fixtures';

describe('N3: a UE with a new connection for each packet', () => {
  const remote = { address: '203.0.113.5', port: 50000 };
  const shares = shareLimits({ ueCalls: 2 });
  let around: ReturnType<typeof anchorWith>;

  beforeEach(async () => {
    jest.spyOn(performance, 'now').mockReturnValue(1000);
    const rtpengine = new FakeRtpengine();
    around = anchorWith({ nodes: [rtpengine], shares });
    for (const [call, owner] of [
      ['one', 'greedy'],
      ['two', 'greedy'],
      ['three', 'other'],
    ] as const) {
      rtpengine.generation += 1;
      await around.anchor.offer(call, 'access', iceOffer, { address: '203.0.113.5', owner });
      await around.anchor.answer(call, 'core', coreAnswer);
    }
  });
  afterEach(async () => {
    await around.anchor.close();
    jest.restoreAllMocks();
  });

  /** Of a call, so many times at once. */
  async function uses(call: string, event: 'unanswered' | 'unheard', times: number): Promise<void> {
    const stream = [...around.gateway.streams.values()].find((its) => its.call === call)!;
    if (stream.content === 'msrp') throw new Error('it has RTP');
    for (let i = 0; i < times; i++) around.gateway.emit(event, { stream, remote, port: 80 }, 3);
    await setImmediate();
  }

  test('has rtpengine asked no more than its share in all its calls, and other UEs have theirs', async () => {
    await uses('one', 'unanswered', 1000);
    await uses('two', 'unheard', 1000);
    expect(around.rtpengine.asked).toHaveLength(shares.ue.looks.burst);
    await uses('three', 'unanswered', 1);
    expect(around.rtpengine.asked.at(-1)).toBe('three');
  });
});
