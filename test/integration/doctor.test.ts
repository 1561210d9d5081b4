import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../app/doctor/finding';
import { builtProgram, edgeEnvironment } from '../../app/demo/edge-process';
import { Firewall, type FirewallMode } from '../../app/demo/firewall';
import { addresses, Network } from '../../app/demo/network';
import { Drachtio } from './support/drachtio';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { Rtpengine } from './support/rtpengine';
import { Squid } from './support/squid';

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

describeInNamespaces(
  'edge80 doctor --from-client',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'e80-doctor-'));
    let lab: Lab;
    let squid: Squid;

    beforeAll(async () => {
      const settings = { PUBLIC_PORTS: '80,443', TLS_SELF_SIGNED_FILE: join(folder, 'self-signed.pem') };
      lab = await Lab.start(settings, new Network(['ue', 'ue2']));
      squid = await Squid.start(lab.network);
    }, 60_000);

    afterAll(async () => {
      await squid.close();
      await lab.close();
      rmSync(folder, { recursive: true });
    }, 20_000);

    /** What it finds behind a firewall, where the UE is. */
    const behind = async (mode: FirewallMode | readonly number[], ...options: string[]) => {
      const firewall = await Firewall.raise(lab.network, mode);
      const program = [process.execPath, builtProgram('main.js'), 'doctor', '--from-client', addresses.edgeAccess];
      const inUe = ['netns', 'exec', lab.network.namespace('ue'), ...program, '--json', ...options];
      const { status, stdout, stderr } = spawnSync('ip', inUe, { cwd: '/', encoding: 'utf8' });
      await firewall.lower();
      const found = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding);
      const good = found.filter(({ state }) => state === 'good').map(({ what }) => what);
      return { status, stderr, found, good, calls: found.at(-1) };
    };

    const on80 = ['SIP over TCP, TCP 80', 'SIP over WebSocket, TCP 80'];
    const on443 = ['SIP over TCP, TCP 443', 'SIP over TLS, TCP 443', 'SIP over secure WebSocket, TCP 443'];
    const on5060 = ['SIP over TCP, TCP 5060'];

    test.each<[string, FirewallMode | readonly number[], number, string[], string]>([
      ['all', 'open', 0, [...on80, ...on443, ...on5060, 'UDP 30000-40000', 'calls'], 'UDP, else by TCP 80, TCP 443'],
      ['TCP 80 alone', 'tcp80', 0, [...on80, 'calls'], 'media goes by TCP 80: UDP is not needed'],
      ['TCP 443 alone', 'tcp443', 0, [...on443, 'calls'], 'media goes by TCP 443: UDP is not needed'],
      ['SIP’s own port alone', [5060], 1, on5060, 'no way for media'],
      ['none of them', [8080], 1, [], 'no way to the edge'],
    ])(
      'I3: behind a firewall that passes %s',
      async (_, mode, status, ways, calls) => {
        const result = await behind(mode, '--insecure');
        expect(result).toMatchObject({ status, stderr: '' });
        expect(result.good).toEqual(['address', ...ways]);
        expect(result.calls?.found).toContain(calls);
      },
      30_000,
    );

    test('I3: a certificate that nobody trusts is told, and is no fault where another way works', async () => {
      const { status, found } = await behind('open');
      expect(status).toBe(0);
      expect(found).toContainEqual(
        expect.objectContaining({
          what: 'SIP over TLS, TCP 443',
          state: 'doubtful',
          help: expect.stringContaining('TLS_CERT_FILE') as string,
        }),
      );
    }, 30_000);

    test('I3: by a proxy that opens 443 alone', async () => {
      const { status, good, found, calls } = await behind([8080], '--insecure', '--http-proxy', squid.url);
      expect(status).toBe(0);
      expect(good).toEqual(['address', ...on443.map((each) => `${each} by the proxy`), 'calls']);
      expect(calls?.found).toContain('TCP 443');
      expect(found).toContainEqual(
        expect.objectContaining({
          what: 'SIP over TCP, TCP 80 by the proxy',
          found: expect.stringContaining('403') as string,
          help: expect.stringContaining('PUBLIC_PORTS=80,443') as string,
        }),
      );
    }, 30_000);
  },
  { programs: ['squid'] },
);
