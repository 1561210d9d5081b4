import { PathWatch } from '../../../lib/media/path-watch';

describe('looking for the path of a call', () => {
  let looks: number;
  let isKnown: boolean;
  let watch: PathWatch;
  /** Looks last until it resolves. */
  let gate: Promise<void>;

  beforeEach(() => {
    jest.useFakeTimers();
    looks = 0;
    isKnown = false;
    gate = Promise.resolve();
    watch = new PathWatch(async () => {
      looks += 1;
      await gate;
      return isKnown;
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

  const duringALook = async (act: () => void) => {
    let end: () => void = () => undefined;
    gate = new Promise((resolve) => (end = resolve));
    watch.start();
    await jest.advanceTimersByTimeAsync(1400);
    act();
    await jest.advanceTimersByTimeAsync(900);
    end();
  };

  test('A6: does not look any more once it was stopped', async () => {
    watch.start();
    await looksAfter(1000);
    watch.stop();
    expect(await looksAfter(3_600_000)).toBe(1);
  });

  test('A6: nor where it was stopped during a look', async () => {
    await duringALook(() => watch.stop());
    expect(await looksAfter(3_600_000)).toBe(1);
  });

  test('O11: begun anew during a look, it looks a second after that answer, whatever the look before it saw', async () => {
    await duringALook(() => watch.start());
    expect(await looksAfter(99)).toBe(1);
    expect(await looksAfter(1)).toBe(2);
    expect(await looksAfter(62_999)).toBe(12);
    expect(await looksAfter(1)).toBe(13);
    expect(await looksAfter(3_600_000)).toBe(13);
  });
});
