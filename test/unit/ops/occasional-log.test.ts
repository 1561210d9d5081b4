import { createLogger } from '../../../lib/ops/logger';
import { OccasionalLog } from '../../../lib/ops/occasional-log';

describe('N7: a log line that strangers can cause', () => {
  const lines: { msg: string; level: string; from?: number; times?: number }[] = [];
  let log: OccasionalLog;

  beforeEach(() => {
    jest.useFakeTimers();
    lines.length = 0;
    const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    log = new OccasionalLog(logger, 1000);
  });
  afterEach(() => jest.useRealTimers());

  it('is written at once the first time, and once for all that follow in the interval, with their number', () => {
    for (let from = 0; from < 8615; from += 1) log.warn({ from }, 'refused');
    expect(lines).toEqual([expect.objectContaining({ msg: 'refused', from: 0 })]);
    jest.advanceTimersByTime(1000);
    expect(lines).toEqual([
      expect.objectContaining({ from: 0 }),
      expect.objectContaining({ msg: 'refused', level: 'warn', from: 8614, times: 8614 }),
    ]);
  });

  it('is written at once again after a quiet interval', () => {
    log.warn({ from: 1 }, 'refused');
    jest.advanceTimersByTime(1000);
    log.warn({ from: 2 }, 'refused');
    expect(lines.map(({ from }) => from)).toEqual([1, 2]);
  });

  it('is gathered by its kind where it has one, and by its message where there are too many', () => {
    for (const text of ['first', 'second', 'last']) log.warn({}, text, 'one kind');
    expect(lines.map(({ msg }) => msg)).toEqual(['first']);
    jest.advanceTimersByTime(1000);
    expect(lines.at(-1)).toMatchObject({ msg: 'last', times: 2 });
    lines.length = 0;
    for (let call = 0; call < 5000; call += 1) log.info({}, 'lost', `lost ${call}`);
    expect(lines.length).toBeLessThanOrEqual(1001);
    const written = lines.length;
    log.info({}, 'lost', 'lost 0');
    log.info({}, 'found', 'found 0');
    expect(lines.slice(written).map(({ msg }) => msg)).toEqual(['found']);
    jest.advanceTimersByTime(1000);
    jest.advanceTimersByTime(1000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not hold back another message', () => {
    log.warn({}, 'refused');
    log.error({}, 'lost');
    expect(lines.map(({ msg }) => msg)).toEqual(['refused', 'lost']);
  });
});
