import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import type { BrowserCalls } from './support/browser-calls';
import { browserOfSuite } from './support/browser-of-suite';
import { Firefox } from './support/firefox';
import type { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';

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
