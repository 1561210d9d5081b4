import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import type { BrowserCalls } from './support/browser-calls';
import { browserOfSuite } from './support/browser-of-suite';
import { describeInNamespaces } from './support/namespaces';
import { Webrtcbin } from './support/webrtcbin';

describeInNamespaces(
  'webrtcbin of GStreamer and a core with plain RTP, behind a firewall that passes TCP 80 alone',
  () => {
    let calls: BrowserCalls;

    browserOfSuite(Webrtcbin, (lab, started) => {
      calls = started;
      return Firewall.raise(lab.network, 'tcp80');
    });

    test.each(['originating', 'terminating'] as const)(
      'A5, B22, D8: with max-bundle, tones go both ways over DTLS-SRTP, %s',
      async (direction) => {
        await calls.call({ direction });
        await calls.tonesPass();
        expect(await calls.pairs()).toEqual([{ transport: 'tcp', remote: `${addresses.edgeAccess}:80` }]);
      },
    );
  },
  { bindings: { GstWebRTC: '1.0' } },
);
