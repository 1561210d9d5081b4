import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import { turnCredential } from '../../lib/turn/credentials';
import type { BrowserCalls } from './support/browser-calls';
import { browserOfSuite } from './support/browser-of-suite';
import { Chromium } from './support/chromium';
import { EchoCalls, tones } from './support/echo-call';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

const secret = 'a secret of this test';
const settings = { TURN_SECRET: secret, PUBLIC_PORTS: '80,443' };
const directions = ['originating', 'terminating'] as const;

/** The UE's, for an hour. */
const credential = () => turnCredential(secret, 'ue@example.net', Math.floor(Date.now() / 1000) + 3600);

const selections = (lab: Lab) => logged(lab.edgeLog, 'media has its path');

/** What gives the path of the next call, as the edge logs it. */
function nextPath(lab: Lab): () => Promise<unknown> {
  const before = selections(lab).length;
  return () => until('the path is known', 10_000, () => selections(lab)[before]?.['path']);
}

describeInNamespaces.each([
  { name: 'by TURN alone, where TCP 80 passes alone', port: '80' },
  { name: 'by TURN over TLS alone, where TCP 80 passes for SIP, and TCP 443', port: '443' },
] as const)('$name', ({ port }) => {
  const isSecure = port === '443';
  let lab: Lab;
  let calls: EchoCalls;
  let firewall: Firewall;

  beforeEach(async () => {
    calls = new EchoCalls(lab);
    firewall = await Firewall.raise(lab.network, [80, Number(port)]);
  });

  afterEach(async () => {
    await firewall.lower();
    await calls.close();
  }, 20_000);

  labOfSuite((started) => (lab = started), { settings });

  // libnice has no TLS.
  const clients = isSecure ? (['aioice', 'relayed'] as const) : (['libnice', 'aioice', 'relayed'] as const);

  test.each(directions.flatMap((direction) => clients.map((client) => ({ client, direction }))))(
    'M1, M4, M5, M6: audio of $client goes both ways, $direction',
    async ({ client, direction }) => {
      const { username: user, password } = credential();
      const path = nextPath(lab);
      const turn = { host: addresses.edgeAccess, port: Number(port), isSecure, user, password };
      const { pairs, shares } = await calls.run(client, direction, { turn });
      expect(shares[tones.sent]).toBeGreaterThan(0.9);
      expect(shares[tones.never]).toBeLessThan(0.01);
      expect(pairs).toEqual([
        { transport: 'udp', remote: expect.stringMatching(/^198\.51\.100\.1:3\d{4}$/) as string },
      ]);
      expect(await path()).toBe('relay');
    },
    60_000,
  );
});

describeInNamespaces('Chromium that goes by TURN alone', () => {
  let lab: Lab;
  let calls: BrowserCalls;

  const restartEdge = browserOfSuite(Chromium, (...started) => ([lab, calls] = started));

  beforeAll(async () => {
    await restartEdge(settings);
  }, 30_000);

  test.each(
    directions.flatMap((direction) => [
      { direction, url: `turn:${addresses.edgeAccess}:80?transport=tcp` },
      { direction, url: `turns:${addresses.edgeAccess}:443?transport=tcp` },
    ]),
  )('M1, M5: tones go both ways by $url, $direction', async ({ direction, url }) => {
    const { username, password } = credential();
    const path = nextPath(lab);
    await calls.call({ direction, turn: { urls: url, username, credential: password } });
    await calls.tonesPass();
    expect(await calls.pairs()).toEqual([{ transport: 'udp', remote: expect.any(String) as string }]);
    expect(await path()).toBe('relay');
  });
});
