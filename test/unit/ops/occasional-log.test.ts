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

  it('does not hold back another message', () => {
    log.warn({}, 'refused');
    log.error({}, 'lost');
    expect(lines.map(({ msg }) => msg)).toEqual(['refused', 'lost']);
  });
});
