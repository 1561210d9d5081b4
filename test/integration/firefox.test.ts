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

    browserOfSuite(Firefox, {}, (...started) => ([lab, calls] = started));

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
  },
  { programs: ['firefox-esr'] },
);

describeInNamespaces(
  'Firefox and an edge with the ports 80 and 443',
  () => {
    let calls: BrowserCalls;

    browserOfSuite(Firefox, { GATEWAY_PORTS: '80,443' }, (lab, started) => {
      calls = started;
      return Firewall.raise(lab.network, [80, 443]);
    });

    test.each(directions)('C12: it nominates both, and tones go both ways, %s', async (direction) => {
      await calls.call({ direction });
      await calls.tonesPass();
      expect(await calls.pairs()).toMatchObject([{ transport: 'tcp' }]);
    });
  },
  { programs: ['firefox-esr'] },
);
