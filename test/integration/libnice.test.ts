import { addresses } from '../../app/demo/network';
import { EchoCalls, tones } from './support/echo-call';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';

const port80 = `${addresses.edgeAccess}:80`;

describeInNamespaces.each([
  { firewall: 'tcp80', transport: 'tcp' },
  { firewall: 'open', transport: 'udp' },
] as const)('libnice with plain RTP, where the firewall is $firewall', ({ firewall, transport }) => {
  let lab: Lab;
  let calls: EchoCalls;

  beforeEach(() => {
    calls = new EchoCalls(lab);
  });

  afterEach(async () => {
    await calls.close();
  }, 20_000);

  // It lists active TCP candidates, so it is served by the narrowest setting.
  labOfSuite((started) => (lab = started), { settings: { TCP_FALLBACK: 'offered' }, firewall });

  test.each(['originating', 'terminating'] as const)(
    'A5, A6, A9: audio goes both ways in RFC 4571 frames, %s',
    async (direction) => {
      const { pairs, shares } = await calls.run('libnice', direction);
      expect(shares[tones.sent]).toBeGreaterThan(0.9);
      expect(shares[tones.never]).toBeLessThan(0.01);
      expect(pairs).toEqual([{ transport, remote: transport === 'tcp' ? port80 : (expect.any(String) as string) }]);
    },
    60_000,
  );
});
