import { SilenceWatch } from '../../../lib/media/silence-watch';
import type { LineStatistics } from '../../../lib/rtpengine/call-statistics';

describe('S21, C19: a UE on UDP', () => {
  let lines: LineStatistics[];
  let withIce: number[];
  let open: number[];
  let path: 'udp' | 'tcp80' | undefined;
  let calls: number;
  let time: number;
  let looks: number;
  let told: number[];
  let watch: SilenceWatch;
  /** rtpengine answers once it resolves, and with nothing where it does not tell. */
  let gate: Promise<void>;
  let isTelling: boolean;

  beforeEach(() => {
    jest.useFakeTimers();
    const line = {
      endpoint: undefined,
      localAddress: undefined,
      confirmed: true,
      packets: 0,
      errors: 0,
      rttMs: undefined,
    };
    lines = [line, line];
    withIce = [0, 1];
    open = [0, 1];
    path = 'udp';
    calls = 1;
    time = 0;
    looks = 0;
    told = [];
    gate = Promise.resolve();
    isTelling = true;
    watch = new SilenceWatch({
      lookMs: 4000,
      statistics: async () => {
        looks += 1;
        await gate;
        return isTelling ? new Map(lines.map((access, line) => [line, { access, core: undefined }])) : undefined;
      },
      ue: {
        get linesWithIce() {
          return withIce;
        },
      },
      paths: { pathOf: () => path, isOpen: (line) => open.includes(line) },
      calls: () => calls,
      silent: () => told.push(time),
      now: () => time,
    });
    watch.start();
  });

  afterEach(() => {
    watch.stop();
    jest.useRealTimers();
  });

  /** For so many seconds this comes on a line in each. */
  async function pass(seconds: number, packets: number, errors = 0, at = 0): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      lines = lines.map((line, index) =>
        index === at ? { ...line, packets: line.packets + packets, errors: line.errors + errors } : line,
      );
      time += 1000;
      await jest.advanceTimersByTimeAsync(1000);
    }
  }

  test('is silent when nothing has come for 8 s after something had, and is told of at most three times', async () => {
    await pass(20, 50);
    expect(told).toEqual([]);
    await pass(12, 0);
    expect(told).toHaveLength(1);
    await pass(300, 0);
    expect(told).toHaveLength(3);
    await pass(8, 50);
    await pass(12, 0);
    expect(told).toHaveLength(4);
  });

  test('is told of after 8 s, 20 s and 40 s', async () => {
    await pass(4, 50);
    await pass(200, 0);
    const [first = 0, second = 0, third = 0, ...more] = told;
    expect([first, second - first, third - second, more]).toEqual([12_000, 20_000, 40_000, []]);
  });

  test('is not told of after the call, where rtpengine answers later', async () => {
    await pass(4, 50);
    time += 60_000;
    let answer: () => void = () => undefined;
    gate = new Promise((resolve) => (answer = resolve));
    await pass(4, 0);
    watch.stop();
    answer();
    await pass(60, 0);
    expect([told, looks, jest.getTimerCount()]).toEqual([[], 2, 0]);
  });

  test('has to be heard again where rtpengine has not told in between', async () => {
    await pass(8, 50);
    isTelling = false;
    await pass(8, 0);
    isTelling = true;
    await pass(60, 0);
    expect(told).toHaveLength(0);
  });

  test('is silent when rtpengine takes nothing of what comes', async () => {
    await pass(8, 50);
    await pass(12, 50, 50);
    expect(told).toHaveLength(1);
  });

  test('is silent too if it was on UDP for a moment', async () => {
    path = undefined;
    await pass(1, 50);
    await pass(12, 0);
    expect(told).toHaveLength(1);
  });

  test('is not silent before it was heard, nor on one line of two', async () => {
    await pass(30, 0);
    await pass(8, 50);
    await pass(60, 1, 0, 1);
    expect(told).toEqual([]);
  });

  test.each([
    ['on TCP', () => (path = 'tcp80')],
    ['without ICE, or held', () => (withIce = [])],
    ['without a candidate for TCP', () => (open = [])],
  ])('%s is not asked for', async (_, change) => {
    change();
    await pass(60, 0);
    expect(looks).toBe(0);
  });

  test('is asked for the less often the more calls there are, and not after the call', async () => {
    calls = 1000;
    watch.start();
    await pass(60, 50);
    expect(looks).toBe(3);
    watch.stop();
    watch.start();
    watch.stop();
    await pass(60, 50);
    expect(looks).toBe(3);
  });
});
