import { parseObject } from '../../app/demo/json-line';
import { addresses, edgeInterface, outerInterface } from '../../app/demo/network';
import { runTool } from '../../app/demo/processes';
import { EchoCalls, tones } from './support/echo-call';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';
import { rtpengineBundles } from './support/rtpengine';

const plainCore = { CORE_PROFILE: 'rtp-avp', ACCESS_PROFILE: 'webrtc' };

/** There is SDP, and nothing in it that a core with plain RTP does not know. */
function expectPlain(sdps: readonly string[]): void {
  const all = sdps.join('');
  const transports = [...all.matchAll(/^m=\S+ \d+ (\S+)/gm)].map(([, transport]) => transport);
  expect(new Set(transports)).toEqual(new Set(['RTP/AVP']));
  expect(all).not.toMatch(/fingerprint|setup|crypto|ice-|candidate|rtcp-mux|rtcp-fb|BUNDLE/);
}

const port80 = `${addresses.edgeAccess}:80`;

describeInNamespaces.each([
  { firewall: 'tcp80', transport: 'tcp' },
  { firewall: 'open', transport: 'udp' },
] as const)('libwebrtc and a core with plain RTP, where the firewall is $firewall', ({ firewall, transport }) => {
  let lab: Lab;
  let calls: EchoCalls;

  beforeEach(() => {
    calls = new EchoCalls(lab);
  });

  afterEach(async () => {
    await calls.close();
  }, 20_000);

  labOfSuite((started) => (lab = started), { settings: plainCore, firewall });

  test.each(['originating', 'terminating'] as const)(
    'A5, A6, D8: audio goes both ways over DTLS-SRTP, %s',
    async (direction) => {
      const { pairs, shares, sdps } = await calls.run('libwebrtc', direction);
      expectPlain(sdps);
      expect(shares[tones.sent]).toBeGreaterThan(0.9);
      expect(shares[tones.never]).toBeLessThan(0.01);
      expect(pairs).toEqual([{ transport, remote: transport === 'tcp' ? port80 : (expect.any(String) as string) }]);
    },
    60_000,
  );

  test.each([
    { direction: 'originating', bundlePolicy: 'balanced' },
    { direction: 'terminating', bundlePolicy: 'balanced' },
    { direction: 'originating', bundlePolicy: 'max-bundle' },
    { direction: 'terminating', bundlePolicy: 'max-bundle' },
  ] as const)(
    'B10, B22, S3: audio and video have one connection where rtpengine bundles, $direction, $bundlePolicy',
    async ({ direction, bundlePolicy }) => {
      const { pairs, shares, sdps } = await calls.run('libwebrtc', direction, { video: true, bundlePolicy });
      expectPlain(sdps);
      expect(shares[tones.sent]).toBeGreaterThan(0.9);
      // What it has for the group alone is declined where there is none; called, it takes what it is offered.
      const isOne = rtpengineBundles() || (bundlePolicy === 'max-bundle' && direction === 'originating');
      expect(pairs).toHaveLength(isOne ? 1 : 2);
      expect(new Set(pairs.map((pair) => pair.transport))).toEqual(new Set([transport]));
    },
    60_000,
  );

  test('F2, D8: audio goes both ways after a re-INVITE of either end', async () => {
    const { pairs, shares, sdps } = await calls.run('libwebrtc', 'originating', { reinvites: true });
    expect(sdps).toHaveLength(3);
    expectPlain(sdps);
    expect(shares[tones.sent]).toBeGreaterThan(0.9);
    expect(pairs).toEqual([{ transport, remote: transport === 'tcp' ? port80 : (expect.any(String) as string) }]);
  }, 60_000);

  if (transport === 'tcp')
    test('E6: it dials from each of its addresses, with one ufrag, and is served', async () => {
      const second = '203.0.113.2';
      const ip = (place: 'ue' | 'edge', ...args: string[]) =>
        runTool('ip', ['-n', lab.network.namespace(place), ...args]);
      await ip('ue', 'address', 'add', `${second}/24`, 'dev', outerInterface);
      await ip('edge', 'route', 'add', second, 'dev', edgeInterface.ue);
      const before = lab.edgeLog.length;
      const { pairs, shares } = await calls.run('libwebrtc', 'originating');
      expect(shares[tones.sent]).toBeGreaterThan(0.9);
      expect(pairs).toEqual([{ transport, remote: port80 }]);
      const dialled = lab.edgeLog.slice(before).flatMap((line) => {
        const { msg, ufrag, remote } = parseObject(line) ?? {};
        return msg === 'connection authenticated' ? [{ ufrag, from: (remote as { address: string }).address }] : [];
      });
      expect(new Set(dialled.map(({ from }) => from))).toEqual(new Set([addresses.ue, second]));
      expect(new Set(dialled.map(({ ufrag }) => ufrag)).size).toBe(1);
    }, 60_000);
});
