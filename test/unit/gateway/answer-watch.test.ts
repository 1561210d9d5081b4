import { AnswerWatch } from '../../../lib/gateway/answer-watch';
import { defaultLimits } from '../../../lib/gateway/limits';

describe('whether rtpengine sends to the connection that the UE uses', () => {
  let watch: AnswerWatch;
  let toAnchor: number;
  let fromAnchor: number;

  beforeEach(() => {
    [toAnchor, fromAnchor] = [7, 5];
    watch = new AnswerWatch(
      { ...defaultLimits, unansweredMs: 1000, unansweredMaxMs: 4000 },
      { toAnchor, fromAnchor },
      0,
    );
  });

  /** As it is looked at. */
  const isDue = (now: number) => {
    watch.passed({ toAnchor, fromAnchor }, now);
    return watch.isDue(now);
  };

  test('C18: is asked when the UE sends media, and nothing has come for a second', () => {
    toAnchor += 1;
    expect(isDue(999)).toBe(false);
    expect(isDue(1000)).toBe(true);
    expect(watch.wasUsed).toBe(true);
  });

  test('C18: is asked when the UE nominates its connection once more', () => {
    expect(isDue(1000)).toBe(false);
    watch.used(1000);
    expect(isDue(1000)).toBe(true);
  });

  test('is not asked while media comes', () => {
    for (let now = 500; now < 20_000; now += 500) {
      toAnchor += 25;
      fromAnchor += 1;
      expect(isDue(now)).toBe(false);
    }
  });

  test('is not asked about a connection that the UE does not use, and one that it used before is none', () => {
    expect(isDue(60_000)).toBe(false);
    expect(watch.wasUsed).toBe(false);
    toAnchor += 1;
    expect(isDue(60_001)).toBe(true);
    expect(isDue(120_000)).toBe(false);
  });

  test('is asked less and less often while nothing comes, and soon again once something came', () => {
    const due: number[] = [];
    for (let now = 100; now <= 20_000; now += 100) {
      toAnchor += 5;
      if (isDue(now)) due.push(now);
    }
    expect(due).toEqual([1000, 3000, 7000, 11_000, 15_000, 19_000]);
    fromAnchor += 1;
    expect(isDue(20_100)).toBe(false);
    toAnchor += 1;
    expect(isDue(21_100)).toBe(true);
  });
});
