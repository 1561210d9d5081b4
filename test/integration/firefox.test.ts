import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import type { BrowserCalls } from './support/browser-calls';
import { browserOfSuite } from './support/browser-of-suite';
import { Firefox } from './support/firefox';
import type { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { rtpengineBundles } from './support/rtpengine';

const directions = ['originating', 'terminating'] as const;

describeInNamespaces(
  'Firefox and a core with plain RTP',
  () => {
    let lab: Lab;
    let calls: BrowserCalls;

    const restartEdge = browserOfSuite(Firefox, (...started) => ([lab, calls] = started));

    test.each(directions)('A5, A6, D8: with a firewall that is open, media takes UDP, %s', async (direction) => {
      await calls.call({ direction });
      await calls.tonesPass();
      expect(await calls.pairs()).toMatchObject([{ transport: 'udp' }]);
    });

    test.each(directions)('A5, A6, D8: behind one that passes TCP 80 alone, media takes it, %s', async (direction) => {
      const firewall = await Firewall.raise(lab.network, 'tcp80');
      await calls.call({ direction });
      await calls.tonesPass();
      expect(await calls.pairs()).toEqual([{ transport: 'tcp', remote: `${addresses.edgeAccess}:80` }]);
      await firewall.lower();
    });

    test.each([
      { direction: 'originating', bundlePolicy: 'balanced' },
      { direction: 'originating', bundlePolicy: 'max-bundle' },
      { direction: 'terminating', bundlePolicy: 'balanced' },
      { direction: 'terminating', bundlePolicy: 'max-bundle' },
    ] as const)(
      'B22, S3, F1, F2: in a call of two lines it holds and restarts ICE, $direction, $bundlePolicy',
      async ({ direction, bundlePolicy }) => {
        // With max-bundle its own offers have one transport.
        const isCarried = bundlePolicy === 'balanced' || rtpengineBundles();
        await calls.call({ direction, bundlePolicy, video: true });
        await calls.tonesPass();
        if (isCarried) await calls.picturesPass();
        await calls.offerAnew({ direction: 'sendonly' });
        await calls.offerAnew({ direction: 'sendrecv' });
        await calls.offerAnew({ iceRestart: true });
        await calls.tonesPass();
        expect(await calls.directions()).toEqual(isCarried ? ['sendrecv', 'sendrecv'] : ['sendrecv']);
      },
      60_000,
    );

    describe('with an edge that has the ports 80 and 443', () => {
      let firewall: Firewall;

      beforeAll(async () => {
        await restartEdge({ PUBLIC_PORTS: '80,443' }, 443);
        firewall = await Firewall.raise(lab.network, [80, 443]);
      }, 20_000);

      afterAll(async () => {
        await firewall.lower();
      });

      test.each(directions)('C12: it nominates both, and tones go both ways, %s', async (direction) => {
        await calls.call({ direction });
        await calls.tonesPass();
        expect(await calls.pairs()).toMatchObject([{ transport: 'tcp' }]);
      });
    });
  },
  { programs: ['firefox-esr'] },
);
