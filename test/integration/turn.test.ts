import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turnCredentialFor } from '../../app/turn-credential';
import { Ends } from '../../app/demo/ends';
import { Firewall, type FirewallMode } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import { runTool } from '../../app/demo/processes';
import type { ToolEvent } from '../../app/demo/ue-tool';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';

const seconds = 1;
const packets = seconds * 50;
const secret = 'the secret of these tests';
const pair = { user: 'guest', password: 'guest-password' };

const ports: Record<Exclude<FirewallMode, 'open'>, number> = { tcp80: 80, tcp443: 443 };

/** `--turn` for a user, who is `ue@example.net` unless named. */
function turnAt(port: number, user = 'ue@example.net'): string[] {
  const [username = '', password = ''] = turnCredentialFor([user], secret)
    .split('\n')
    .map((line) => line.replace(/^\w+: /, ''));
  return ['--turn', `${username}:${password}@${addresses.edgeAccess}:${port}`];
}

const cases = (['originating', 'terminating'] as const).flatMap((direction) => [
  { over: 'TCP', passes: 'tcp80' as const, options: [], direction },
  { over: 'TLS', passes: 'tcp443' as const, options: ['--tls', '--insecure'], direction },
]);

describeInNamespaces('TURN on a shared port', () => {
  const folder = mkdtempSync(join(tmpdir(), 'e80-turn-'));
  let lab: Lab;

  afterAll(() => rmSync(folder, { recursive: true }));

  labOfSuite((started) => (lab = started), {
    settings: {
      PUBLIC_PORTS: '80,443',
      TLS_SELF_SIGNED_FILE: join(folder, 'self-signed.pem'),
      ...{ TURN_SECRET: secret, TURN_USER: pair.user, TURN_PASSWORD: pair.password },
    },
  });

  const call = async (passes: 'tcp80' | 'tcp443', direction: 'originating' | 'terminating', ueOptions: string[]) => {
    const firewall = await Firewall.raise(lab.network, passes);
    const ends = new Ends(lab.network, { seconds, direction, sipPort: ports[passes], ueOptions });
    try {
      const reports = await ends.run();
      const { fromUe, toUe } = await firewall.counts();
      for (const { passed } of [fromUe, toUe]) expect(Object.keys(passed)).toEqual([passes]);
      return reports;
    } finally {
      await ends.close();
      await firewall.lower();
    }
  };

  test.each(cases)(
    'M1, M4, M7: a UE that has nothing but a relay over $over has media, $direction',
    async ({ passes, options, direction }) => {
      const told = lab.edgeLog.length;
      expect(await call(passes, direction, [...turnAt(ports[passes]), '--relay-only', ...options])).toMatchObject({
        ue: { error: null, path: 'relay', sent: packets, received: packets },
        core: { error: null, sent: packets, received: packets },
      });
      const log = lab.edgeLog.slice(told).join('\n');
      expect(log).toMatch(/"path":"relay".*"media has its path"/);
      expect(log).toContain(`"remote":{"address":"${addresses.ue}"`);
    },
    60_000,
  );

  test('M3: a shared pair serves as well', async () => {
    const turn = `${pair.user}:${pair.password}@${addresses.edgeAccess}:80`;
    expect(await call('tcp80', 'originating', ['--turn', turn, '--relay-only'])).toMatchObject({
      ue: { error: null, path: 'relay', sent: packets, received: packets },
    });
  }, 60_000);

  test.each(['tcp80', 'tcp443'] as const)(
    'M7: a UE with both ways takes the direct one, %s',
    async (passes) => {
      const tls = passes === 'tcp443' ? ['--tls', '--insecure'] : [];
      expect(await call(passes, 'originating', [...turnAt(ports[passes]), ...tls])).toMatchObject({
        ue: { error: null, path: passes, sent: packets, received: packets },
      });
    },
    60_000,
  );

  test('M2: the credential of another user reaches nothing of this call', async () => {
    const { ue } = await call('tcp80', 'originating', [...turnAt(80, 'bob@example.net'), '--relay-only']);
    expect(ue).toMatchObject({ error: { code: 'no-path' }, path: null });
    expect(lab.edgeLog.join('\n')).toMatch(/"why":"forbidden-peer".*"TURN does not relay there"/);
  }, 60_000);

  test('M3: a wrong password is refused, and said', async () => {
    const turn = `${pair.user}:wrong@${addresses.edgeAccess}:80`;
    const { ue } = await call('tcp80', 'originating', ['--turn', turn, '--relay-only']);
    expect(ue).toMatchObject({ error: { code: 'turn-failed', message: expect.stringContaining('401') } });
  }, 60_000);
});

describeInNamespaces('TURN behind 1:1 NAT', () => {
  const outer = '203.0.113.80';
  let lab: Lab;
  let ends: Ends | undefined;

  afterEach(() => ends?.close());

  labOfSuite((started) => (lab = started), {
    settings: {
      TURN_SECRET: secret,
      GATEWAY_ADDRESS: outer,
      GATEWAY_BIND: addresses.edgeAccess,
      RTPENGINE_ACCESS_INTERFACE: `${addresses.edgeAccess}!${outer}`,
    },
  });

  beforeAll(async () => {
    const atUe = (...command: string[]) => runTool('ip', ['netns', 'exec', lab.network.namespace('ue'), ...command]);
    await atUe('ip', 'route', 'add', outer, 'via', addresses.edgeAccess);
    const rule = `ip daddr ${outer} dnat to ${addresses.edgeAccess}`;
    await atUe('nft', `table ip nat { chain out { type nat hook output priority -100; ${rule}; }; }`);
  });

  test.each(['originating', 'terminating'] as const)(
    'M4: a relayed address is the inner one, which rtpengine sees, and media has its way by it, %s',
    async (direction) => {
      const selected: ToolEvent[] = [];
      const onEvent = (end: string, event: ToolEvent) => {
        if (end === 'ue' && event.event === 'pair-selected') selected.push(event);
      };
      const [flag = '', turn = ''] = turnAt(80);
      const ueOptions = [flag, turn.replace(addresses.edgeAccess, outer), '--relay-only'];
      ends = new Ends(lab.network, { seconds, direction, edgeAddress: outer, ueOptions, onEvent });
      expect(await ends.run()).toMatchObject({
        ue: { error: null, path: 'relay', sent: packets, received: packets },
        core: { error: null, sent: packets, received: packets },
      });
      expect(selected).toMatchObject([
        {
          local: expect.stringContaining(`${addresses.edgeAccess}:`) as string,
          remote: expect.stringContaining(`${outer}:`) as string,
        },
      ]);
    },
    60_000,
  );
});
