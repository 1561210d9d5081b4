import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import { breakConnection, portsOfUe } from './support/broken-connection';
import type { BrowserCalls } from './support/browser-calls';
import { browserOfSuite } from './support/browser-of-suite';
import { Chromium } from './support/chromium';
import type { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { rtpengineBundles } from './support/rtpengine';
import { until } from './support/until';

const directions = ['originating', 'terminating'] as const;

const tcp = (port: number) => ({ transport: 'tcp', remote: `${addresses.edgeAccess}:${port}` });

/** One for each line, unless they are bundled. */
const ofAudioAndVideo = rtpengineBundles() ? [tcp(80)] : [tcp(80), tcp(80)];

describeInNamespaces(
  'Chromium and a core with plain RTP',
  () => {
    let lab: Lab;
    let calls: BrowserCalls;

    const restartEdge = browserOfSuite(Chromium, (...started) => ([lab, calls] = started));

    /** The ufrags that connections to TCP 80 were authenticated with, one for each. */
    const ufrags = () => logged(lab.edgeLog, 'connection authenticated').map(({ ufrag }) => ufrag);

    describe('behind a firewall that passes TCP 80 alone', () => {
      let firewall: Firewall;

      beforeAll(async () => {
        firewall = await Firewall.raise(lab.network, 'tcp80');
      });

      afterAll(async () => {
        await firewall.lower();
      });

      test.each(directions)('A5, A6, D8: tones go both ways, %s', async (direction) => {
        await calls.call({ direction });
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(80)]);
      });

      test.each([
        { direction: 'originating', bundlePolicy: 'balanced' },
        { direction: 'terminating', bundlePolicy: 'balanced' },
        { direction: 'terminating', bundlePolicy: 'max-bundle' },
      ] as const)(
        'B22, S3: audio and video have one connection where rtpengine bundles, $direction, $bundlePolicy',
        async (each) => {
          await calls.call({ ...each, video: true });
          await calls.tonesPass();
          await calls.picturesPass();
          expect(await calls.pairs()).toEqual(ofAudioAndVideo);
        },
      );

      test('B22, S3: what it has for the group alone passes where rtpengine bundles, originating, max-bundle', async () => {
        await calls.call({ direction: 'originating', bundlePolicy: 'max-bundle', video: true });
        await calls.tonesPass();
        if (rtpengineBundles()) await calls.picturesPass();
        // A transceiver whose line was declined is no more.
        expect(await calls.directions()).toEqual(rtpengineBundles() ? ['sendrecv', 'sendrecv'] : ['sendrecv']);
        expect(await calls.pairs()).toEqual([tcp(80)]);
      });

      // Chromium has what it adds for its group alone, once there is one.
      test('B22: video is added in the call where rtpengine bundles, or else declined, and audio goes on', async () => {
        await calls.call({ direction: 'originating' });
        await calls.offerAnew({ video: true });
        if (rtpengineBundles()) await calls.picturesPass();
        await calls.tonesPass();
        expect(await calls.directions()).toEqual(rtpengineBundles() ? ['sendrecv', 'sendrecv'] : ['sendrecv']);
        expect(await calls.pairs()).toEqual([tcp(80)]);
      });

      test('B22, S3, F1, F2: in a call of two lines it holds, restarts ICE and adds a third, balanced', async () => {
        await calls.call({ direction: 'originating', video: true });
        await calls.tonesPass();
        await calls.picturesPass();
        await calls.offerAnew({ direction: 'sendonly' });
        expect(await calls.directions()).toEqual(['sendonly', 'sendonly']);
        await calls.offerAnew({ direction: 'sendrecv' });
        await calls.offerAnew({ iceRestart: true });
        await calls.tonesPass();
        await calls.offerAnew({ video: true });
        await calls.tonesPass();
        expect(await calls.directions()).toEqual(['sendrecv', 'sendrecv', 'sendrecv']);
        await calls.core.hold(true);
        await calls.core.hold(false);
        await calls.tonesPass();
      }, 60_000);

      // What it has bundled by an offer of its own has no other transport.
      test.each([
        { direction: 'originating', bundlePolicy: 'max-bundle' },
        { direction: 'terminating', bundlePolicy: 'balanced' },
        { direction: 'terminating', bundlePolicy: 'max-bundle' },
      ] as const)(
        'B22, S3, F1, F2: its later offers leave audio, and video where rtpengine bundles, $direction, $bundlePolicy',
        async (each) => {
          await calls.call({ ...each, video: true });
          await calls.tonesPass();
          if (rtpengineBundles() || each.direction === 'terminating') await calls.picturesPass();
          await calls.offerAnew({ direction: 'sendonly' });
          await calls.offerAnew({ direction: 'sendrecv', iceRestart: true });
          await calls.tonesPass();
          expect(await calls.directions()).toEqual(rtpengineBundles() ? ['sendrecv', 'sendrecv'] : ['sendrecv']);
        },
        60_000,
      );

      test('B17, F2: either end holds the other, and takes it back', async () => {
        await calls.call({ direction: 'originating' });
        await calls.tonesPass();
        await calls.offerAnew({ direction: 'sendonly' });
        expect((await calls.core.sdps()).at(-1)).toContain('a=sendonly');
        await calls.browserHears(false);
        await calls.core.hears();
        await calls.offerAnew({ direction: 'sendrecv' });
        await calls.tonesPass();
        await calls.core.hold(true);
        expect(await calls.directions()).toEqual(['recvonly']);
        await calls.browserHears(false);
        await calls.core.hold(false);
        await calls.tonesPass();
      });

      test('E5, F1: it restarts ICE', async () => {
        await calls.call({ direction: 'originating' });
        await calls.tonesPass();
        const before = new Set(ufrags());
        await calls.offerAnew({ iceRestart: true });
        await until('it comes with another ufrag', 10_000, () => ufrags().find((ufrag) => !before.has(ufrag)));
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(80)]);
      });

      test('E3: its connection is reset, and it comes back', async () => {
        const sip = await portsOfUe(lab.network);
        await calls.call({ direction: 'terminating' });
        await calls.tonesPass();
        const before = ufrags().length;
        await breakConnection(lab.network, 'reset', sip);
        await until('it connects anew', 10_000, () => ufrags()[before]);
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(80)]);
      });
    });

    describe('with a firewall that is open', () => {
      test.each(directions)('A5: media takes UDP, %s', async (direction) => {
        await calls.call({ direction });
        await calls.tonesPass();
        expect(await calls.pairs()).toMatchObject([{ transport: 'udp' }]);
      });

      test('S21, C19: UDP dies in the call and comes back, and media goes with it', async () => {
        await calls.call({ direction: 'originating' });
        await calls.tonesPass();
        expect(await calls.pairs()).toMatchObject([{ transport: 'udp' }]);
        const firewall = await Firewall.raise(lab.network, 'tcp80');
        await calls.browserHears(false);
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(80)]);
        await firewall.lower();
        await until('it is on UDP again', 20_000, async () =>
          (await calls.pairs())[0]?.transport === 'udp' ? true : undefined,
        );
        await calls.tonesPass();
      }, 60_000);

      // As callee it gathers no TCP once UDP works, and never dials by itself.
      test('S21, C19: UDP dies, it has no connection to TCP 80, and comes there by an ICE restart of ours', async () => {
        await calls.call({ direction: 'terminating' });
        await calls.tonesPass();
        const firewall = await Firewall.raise(lab.network, 'tcp80');
        await calls.browserHears(false);
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(80)]);
        await firewall.lower();
      }, 60_000);
    });

    describe('with an edge that has the ports 80 and 443', () => {
      beforeAll(async () => {
        await restartEdge({ PUBLIC_PORTS: '80,443' }, 443);
      }, 20_000);

      test.each([
        { passes: [80, 443], direction: 'originating', takes: 80 },
        { passes: [80, 443], direction: 'terminating', takes: 80 },
        { passes: [443], direction: 'originating', takes: 443 },
      ] as const)('C12: where $passes pass, tones go both ways over $takes, $direction', async (each) => {
        const firewall = await Firewall.raise(lab.network, each.passes);
        await calls.call({ direction: each.direction });
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([tcp(each.takes)]);
        await firewall.lower();
      });
    });
  },
  { programs: ['chromium'] },
);
