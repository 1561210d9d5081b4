import { Writable } from 'node:stream';
import { drained } from '../../../app/draining';
import { createLogger } from '../../../lib/ops/logger';

/** Something with calls under way, and what the log said of them. */
function draining(calls: number) {
  const log: { msg: string; calls: number }[] = [];
  const sink = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.push(JSON.parse(line.toString()) as (typeof log)[0]);
      done();
    },
  });
  let settle: (isEmpty: boolean) => void = () => undefined;
  const isEmpty = new Promise<boolean>((resolve) => (settle = resolve));
  const what = { calls, isAsked: false, drain: () => ((what.isAsked = true), isEmpty) };
  return { what, log, empty: () => settle(true), takeBack: () => settle(false), logger: createLogger('info', sink) };
}

describe('draining', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('I6: lasts until no call is left, and says now and then how many are', async () => {
    const { what, log, empty, logger } = draining(3);
    const over = drained(what, 300, logger);
    await jest.advanceTimersByTimeAsync(10_000);
    what.calls = 1;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(log.map(({ msg, calls }) => [msg, calls])).toEqual([
      ['draining: calls under way go on, new ones are refused', 3],
      ['draining: calls are left', 3],
      ['draining: calls are left', 1],
    ]);
    what.calls = 0;
    empty();
    expect(await over).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('I6: ends at once where it is taken back, and says so', async () => {
    const { what, log, takeBack, logger } = draining(3);
    const over = drained(what, 300, logger);
    takeBack();
    expect(await over).toBe(false);
    expect([log.length, jest.getTimerCount()]).toEqual([1, 0]);
  });

  test('I6: lasts no longer than it may', async () => {
    const { what, log, logger } = draining(2);
    const over = drained(what, 5, logger);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await over).toBe(true);
    expect(log.at(-1)).toMatchObject({ msg: 'draining: the time for it is over', calls: 2 });
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    [0, 300],
    [2, 0],
  ])(
    'I6: is over at once with %d calls and %d s for it, and refuses new calls all the same',
    async (calls, seconds) => {
      const { what, log, logger } = draining(calls);
      expect(await drained(what, seconds, logger)).toBe(true);
      expect(what.isAsked).toBe(true);
      expect(log).toEqual([]);
    },
  );
});
