import { LoopLag } from '../../../lib/ops/loop-lag';

describe('the lag of the event loop', () => {
  let clock = 0;
  let lag: LoopLag;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
    lag = new LoopLag();
  });
  afterEach(() => {
    lag.close();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** The loop comes round again, so much too late. */
  const turn = (lateMs: number) => {
    clock += 100 + lateMs;
    jest.advanceTimersByTime(100);
    return lag.ms;
  };

  test('is none as long as nothing is late', () => {
    expect([lag.ms, turn(0), turn(0)]).toEqual([0, 0, 0]);
  });

  test('one or two long turns are none; more are', () => {
    for (let i = 0; i < 5; i++) turn(1);
    expect([turn(2000), turn(900), turn(400), turn(300)]).toEqual([1, 1, 400, 400]);
  });

  test('is gone soon after the load is', () => {
    for (let i = 0; i < 5; i++) turn(500);
    expect([turn(3), turn(3), turn(3)]).toEqual([500, 500, 3]);
  });
});
