import { spawnSync } from 'node:child_process';
import type { Finding } from '../../app/doctor/finding';
import { builtProgram, edgeEnvironment } from '../../app/demo/edge-process';
import { addresses } from '../../app/demo/network';
import { Drachtio } from './support/drachtio';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { Rtpengine } from './support/rtpengine';

describeInNamespaces('edge80 doctor', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  }, 30_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  /** What it finds where the edge runs, with the settings of that, and these. */
  const findings = (settings: Record<string, string> = {}) => {
    const of = lab.drachtio ? Drachtio.environment : {};
    const environment = { ...edgeEnvironment(), RTPENGINE_URLS: Rtpengine.url, ...of, ...settings };
    const program = ['netns', 'exec', lab.network.namespace('edge'), process.execPath, builtProgram('main.js')];
    const { status, stdout, stderr } = spawnSync('ip', [...program, 'doctor', '--json'], {
      env: { PATH: process.env['PATH'], ...environment },
      cwd: '/',
      encoding: 'utf8',
    });
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Finding);
    return { status, stderr, found, bad: found.filter(({ state }) => state === 'bad').map(({ what }) => what) };
  };

  test('I3: finds nothing bad where an edge runs, and says what it runs with', () => {
    const { status, stderr, found, bad } = findings();
    expect({ status, stderr, bad }).toEqual({ status: 0, stderr: '', bad: [] });
    expect(found).toContainEqual(
      expect.objectContaining({
        what: `PUBLIC_PORTS, TCP ${addresses.edgeAccess}:80`,
        state: 'good',
        found: expect.stringMatching(/^listened on by /) as string,
      }),
    );
    expect(found).toContainEqual(expect.objectContaining({ what: `rtpengine ${Rtpengine.url}`, state: 'good' }));
  });

  test.each<[string, Record<string, string>, string]>([
    ['an rtpengine that is not there', { RTPENGINE_URLS: 'tcp://127.0.0.1:2299' }, 'rtpengine tcp://127.0.0.1:2299'],
    [
      'a drachtio-server that is not there',
      { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: '9099', DRACHTIO_SECRET: 'x' },
      'drachtio-server',
    ],
    [
      'an address that is not this machine’s',
      { GATEWAY_ADDRESS: '198.51.100.77' },
      'PUBLIC_PORTS, TCP 198.51.100.77:80',
    ],
    ['a port that somebody else has', { ADMIN_LISTEN: '127.0.0.1:2223' }, 'ADMIN_LISTEN, TCP 127.0.0.1:2223'],
    ['a setting that is wrong', { PUBLIC_PORTS: 'eighty' }, 'settings'],
  ])('I3: finds %s', (_, settings, what) => {
    const { status, bad } = findings(settings);
    expect(status).toBe(1);
    expect(bad).toContain(what);
  });
});
