import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ends } from '../../app/demo/ends';
import { Firewall, type FirewallMode } from '../../app/demo/firewall';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';

const seconds = 1;
const packets = seconds * 50;

/** What the UE tool's SIP goes over, where the firewall passes one port alone. */
const transports = [
  { over: 'TCP', passes: 'tcp80', options: [] },
  { over: 'WebSocket', passes: 'tcp80', options: ['--ws'] },
  { over: 'TCP', passes: 'tcp443', options: [] },
  { over: 'WebSocket', passes: 'tcp443', options: ['--ws'] },
  { over: 'TLS', passes: 'tcp443', options: ['--tls', '--insecure'] },
  { over: 'secure WebSocket', passes: 'tcp443', options: ['--tls', '--ws', '--insecure'] },
] as const;

const cases = transports.flatMap((each) =>
  (['originating', 'terminating'] as const).map((direction) => ({ ...each, direction })),
);

const sipPorts: Record<Exclude<FirewallMode, 'open'>, number> = { tcp80: 80, tcp443: 443 };

describeInNamespaces('the UE tool on a shared port', () => {
  const folder = mkdtempSync(join(tmpdir(), 'e80-ue-'));
  let lab: Lab;

  afterAll(() => rmSync(folder, { recursive: true }));

  labOfSuite((started) => (lab = started), {
    settings: { PUBLIC_PORTS: '80,443', TLS_SELF_SIGNED_FILE: join(folder, 'self-signed.pem') },
  });

  test.each(cases)(
    'J2, J3, J4: SIP over $over and media both take $passes alone, $direction',
    async ({ passes, options, direction }) => {
      const firewall = await Firewall.raise(lab.network, passes);
      const ends = new Ends(lab.network, { seconds, direction, sipPort: sipPorts[passes], ueOptions: options });
      try {
        expect(await ends.run()).toMatchObject({
          ue: { error: null, registered: true, path: passes, sent: packets, received: packets },
          core: { error: null, sent: packets, received: packets },
        });
        const { fromUe, toUe } = await firewall.counts();
        for (const { passed } of [fromUe, toUe]) expect(Object.keys(passed)).toEqual([passes]);
      } finally {
        await ends.close();
        await firewall.lower();
      }
    },
    60_000,
  );
});
