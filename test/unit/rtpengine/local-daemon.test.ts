import { pino } from 'pino';
import { LocalDaemon } from '../../../lib/rtpengine/local-daemon';

/** Starts a program that ends by itself, so that nothing is left to stop. */
function start(program: string): Promise<string> {
  const options = {
    program,
    accessInterfaces: ['127.80.9.10!192.0.2.77'],
    coreInterfaces: ['127.0.0.1'],
    edge: 'test',
    ports: { first: 30_000, last: 40_000 },
  };
  return new LocalDaemon({ ...options, logger: pino({ level: 'silent' }) }, () => undefined).start();
}

describe('a local rtpengine', () => {
  test.each([
    ['/nonexistent/rtpengine', /^RTPENGINE_BIN: .*nonexistent.* could not be started: .*No such file/],
    ['/bin/true', /^RTPENGINE_BIN: .*\/bin\/true\) could not be started: it ended with code 0 and said nothing/],
    ['/tmp', /^RTPENGINE_BIN: .*\/tmp\) could not be started: .*Permission denied/],
  ])('I5: %s is named where it cannot be started', async (program, message) => {
    await expect(start(program)).rejects.toMatchObject({
      code: 'rtpengine-not-started',
      message: expect.stringMatching(message) as string,
    });
  });
});
