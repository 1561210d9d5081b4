import { pino } from 'pino';
import { LocalDaemon } from '../../../lib/rtpengine/local-daemon';

/** Starts a program that does not exist, so that nothing is left to stop. */
function start(accessInterfaces: string[], coreInterfaces: string[]): Promise<string> {
  const options = {
    program: '/nonexistent/rtpengine',
    accessInterfaces,
    coreInterfaces,
    edge: 'test',
    ports: { first: 30_000, last: 40_000 },
  };
  return new LocalDaemon({ ...options, logger: pino({ level: 'silent' }) }, () => undefined).start();
}

describe('a local rtpengine', () => {
  test.each([
    ['RTPENGINE_ACCESS_INTERFACE', ['192.0.2.77'], ['127.0.0.1'], '192.0.2.77'],
    ['RTPENGINE_ACCESS_INTERFACE', ['127.0.0.1', '2001:db8::77'], ['127.0.0.1'], '2001:db8::77'],
    ['RTPENGINE_CORE_INTERFACE', ['127.0.0.1'], ['192.0.2.77!127.0.0.1'], '192.0.2.77'],
  ])(
    'I5: is not started on an address that the machine lacks: %s (case %#)',
    async (setting, access, core, lacking) => {
      await expect(start(access, core)).rejects.toMatchObject({
        code: 'rtpengine-not-started',
        message: expect.stringMatching(new RegExp(`${lacking}: this machine does not have it.* ${setting}`)) as string,
      });
    },
  );

  test('takes any loopback address, whatever is advertised, and says that the program is missing', async () => {
    await expect(start(['127.80.9.10!192.0.2.77'], ['127.0.0.1'])).rejects.toMatchObject({
      code: 'rtpengine-not-started',
      message: expect.stringMatching(/could not be started: .*No such file.*RTPENGINE_BIN/) as string,
    });
  });
});
