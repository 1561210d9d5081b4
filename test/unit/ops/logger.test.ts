import { EdgeError } from '../../../lib/errors';
import { createLogger } from '../../../lib/ops/logger';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger('debug', { write: (line) => void lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

describe('logger', () => {
  it.each(['pwd', 'password', 'secret', 'authorization', 'ck', 'ik'])('never writes a %s', (name) => {
    const line = logged((logger) => logger.info({ [name]: 'hunter2', stream: { [name]: 'hunter2' } }, 'opened'));
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('writes an error of ours by code, message and cause, without a stack', () => {
    const cause = new Error('connect ECONNREFUSED');
    const line = logged((logger) => logger.error({ err: new EdgeError('closed', 'A sentence.', { cause }) }, 'failed'));
    expect(line).toMatchObject({ level: 'error', msg: 'failed' });
    expect(line['err']).toEqual({ code: 'closed', message: 'A sentence.', cause: 'connect ECONNREFUSED' });
  });

  it('writes an unforeseen error with its stack', () => {
    const line = logged((logger) => logger.error({ err: new TypeError('x is not a function') }, 'failed'));
    expect(line['err']).toMatchObject({ type: 'TypeError', stack: expect.stringContaining('logger.test') });
  });
});
