import { EdgeError } from '../../../lib/errors';
import { NgFront } from '../../../lib/ng/front';
import { keptReplies, maxCommandsUnderWay } from '../../../lib/ng/limits';
import type { NgRequest } from '../../../lib/ng/message';
import { NgDictionary } from '../../../lib/ng/value';
import { createLogger } from '../../../lib/ops/logger';

const logger = createLogger('silent');

/** Executes commands when the test wants it. */
class Slow {
  readonly requests: NgRequest[] = [];
  readonly #waiting: { resolve: (reply: NgDictionary) => void; reject: (error: Error) => void }[] = [];

  execute(request: NgRequest): Promise<NgDictionary> {
    this.requests.push(request);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  reply(sdp = 'x'): void {
    this.#waiting.shift()?.resolve(NgDictionary.of({ sdp }));
  }

  fail(): void {
    this.#waiting.shift()?.reject(new EdgeError('anchor-unavailable', 'rtpengine is silent.'));
  }
}

describe('K3: replies go to who asked', () => {
  let slow: Slow;
  let front: NgFront;
  const ask = async (client: string, message: string) =>
    (await front.receive(client, Buffer.from(message)))?.toString();

  beforeEach(() => {
    slow = new Slow();
    front = new NgFront(slow, logger);
  });
  afterEach(() => jest.restoreAllMocks());

  test('a repeat under way waits for the one reply, and a later one gets it again', async () => {
    const asked = [ask('192.0.2.1', '1_1 d7:command5:offere'), ask('192.0.2.1', '1_1 d7:command5:offere')];
    slow.reply('first');
    expect(await Promise.all(asked)).toEqual(['1_1 d3:sdp5:firste', '1_1 d3:sdp5:firste']);
    expect(await ask('192.0.2.1', '1_1 d7:command5:offere')).toBe('1_1 d3:sdp5:firste');
    expect(slow.requests).toHaveLength(1);
    expect(front.counts()).toMatchObject({ answered: 1, repeated: 2, underWay: 0 });
  });

  test('equal cookies of two clients, and of one that was started anew, are two commands', async () => {
    const asked = [
      ask('192.0.2.1', '1_1 d7:command5:offere'),
      ask('192.0.2.2', '1_1 d7:command5:offere'),
      ask('192.0.2.1', '1_1 d7:command6:answere'),
    ];
    for (const sdp of ['one', 'two', 'three']) slow.reply(sdp);
    expect(await Promise.all(asked)).toEqual(['1_1 d3:sdp3:onee', '1_1 d3:sdp3:twoe', '1_1 d3:sdp5:threee']);
  });

  test('what rtpengine did not answer is executed when it is repeated', async () => {
    const first = ask('192.0.2.1', '1_1 d7:command5:offere');
    slow.fail();
    expect(await first).toBeUndefined();
    const second = ask('192.0.2.1', '1_1 d7:command5:offere');
    slow.reply();
    expect(await second).toBe('1_1 d3:sdp1:xe');
    expect(front.counts()).toMatchObject({ unanswered: 1, answered: 1 });
  });

  test('replies are kept for a minute, and no more of them than their room', async () => {
    let now = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const run = async (cookie: string, sdp: string) => {
      const asked = ask('192.0.2.1', `${cookie} d7:command5:offere`);
      slow.reply(sdp);
      await asked;
    };
    await run('1', 'x');
    now += keptReplies.ms;
    await run('1', 'x');
    expect(slow.requests).toHaveLength(2);
    const mebibyte = 'x'.repeat(2 ** 20);
    for (let i = 0; i < 20; i++) await run(`big${i}`, mebibyte);
    expect(front.counts().keptBytes).toBeLessThanOrEqual(keptReplies.bytes);
    await run('big0', 'x');
    expect(slow.requests).toHaveLength(23);
  });

  test('of too many under way the last are dropped', async () => {
    for (let i = 0; i < maxCommandsUnderWay; i++) void ask('192.0.2.1', `${i} d7:command5:offere`);
    expect(await ask('192.0.2.1', 'more d7:command5:offere')).toBeUndefined();
    expect(front.counts()).toMatchObject({ overload: 1, underWay: maxCommandsUnderWay });
    for (let i = 0; i < maxCommandsUnderWay; i++) slow.reply();
  });

  test('what is unreadable has an error, and without a cookie none', async () => {
    expect(await ask('192.0.2.1', 'garbage')).toBeUndefined();
    expect(await ask('192.0.2.1', '1 garbage')).toBe('1 d6:result5:error12:error-reason22:Invalid NG data formate');
    expect((await front.receivePlain('192.0.2.1', Buffer.from('{"a":1}')))?.toString()).toBe(
      '{"result":"error","error-reason":"Dictionary contains no key \\"command\\""}',
    );
  });
});
