import { PathWatch } from '../../../lib/media/path-watch';

describe('looking for the path of a call', () => {
  let looks: number;
  let isKnown: boolean;
  let watch: PathWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    looks = 0;
    isKnown = false;
    watch = new PathWatch(() => {
      looks += 1;
      return Promise.resolve(isKnown);
    });
  });

  afterEach(() => {
    watch.stop();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const looksAfter = async (ms: number) => {
    await jest.advanceTimersByTimeAsync(ms);
    return looks;
  };

  test('A6: begins a second after the answer, and ends when all is known', async () => {
    watch.start();
    expect(await looksAfter(999)).toBe(0);
    expect(await looksAfter(1)).toBe(1);
    isKnown = true;
    expect(await looksAfter(1000)).toBe(2);
    expect(await looksAfter(3_600_000)).toBe(2);
  });

  test('A6: gives up after a minute', async () => {
    watch.start();
    expect(await looksAfter(64_000)).toBe(12);
    expect(await looksAfter(3_600_000)).toBe(12);
  });

  test('A6: begins anew with each answer', async () => {
    watch.start();
    await looksAfter(30_000);
    const before = looks;
    watch.start();
    expect(await looksAfter(1000)).toBe(before + 1);
  });

  test('A6: does not look any more once it was stopped, be it during a look', async () => {
    watch.start();
    const looking = jest.advanceTimersByTimeAsync(1000);
    watch.stop();
    await looking;
    expect(await looksAfter(3_600_000)).toBe(looks);
  });
});
