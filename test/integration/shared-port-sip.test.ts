import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addresses } from '../../app/demo/network';
import { runTool } from '../../app/demo/processes';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { SipPairs, type Direction } from './support/sip-pair';
import { pong, UeTunnel } from './support/ue-side';

const directions: Direction[] = ['originating', 'terminating'];

/** Where UEs believe that they are: a host that nobody can reach, as browsers write it (RFC 7118 §5). */
const contacts = {
  tcp: 'ue@10.9.8.7:5060;transport=tcp',
  tls: 'ue@10.9.8.7:5061;transport=tls',
  ws: 'ue@df7jal23ls0d.invalid;transport=ws',
  wss: 'ue@df7jal23ls0d.invalid;transport=ws',
};

/** What UEs are shown of the port. */
const shown = { tcp: 'tcp', tls: 'tls', ws: 'ws', wss: 'ws' };

const ports = { tcp: 80, tls: 443, ws: 80, wss: 443 };

describeInNamespaces('SIP on a port that takes everything', () => {
  const folder = mkdtempSync(join(tmpdir(), 'e80-shared-'));
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ PUBLIC_PORTS: '80,443', TLS_SELF_SIGNED_FILE: join(folder, 'self-signed.pem') });
  }, 60_000);

  afterAll(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  }, 20_000);

  test.each(['tcp', 'tls'] as const)('J1: a keep-alive on %s gets its answer', async (transport) => {
    expect(await pong(lab.network, transport, 443)).toBe('\r\n');
  });

  test('J6: the page is served, with TLS and without', async () => {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${addresses.edgeAccess}:443/`;
      const page = await runTool('ip', ['netns', 'exec', lab.network.namespace('ue'), 'curl', '-sk', url]);
      expect(page).toContain('SIP access');
    }
  });

  describe.each(['tcp', 'tls', 'ws', 'wss'] as const)('J2: over %s', (transport) => {
    let tunnel: UeTunnel | undefined;
    let pairs: SipPairs;
    const contact = contacts[transport];
    const port = ports[transport];

    beforeAll(async () => {
      tunnel = transport === 'tcp' ? undefined : await UeTunnel.start(lab.network, transport, port);
      pairs = new SipPairs(lab, { far: tunnel?.far ?? `${addresses.edgeAccess}:${port}`, keywords: { contact } });
    });

    afterAll(() => tunnel?.close());

    afterEach(async () => {
      await pairs.close();
      await lab.nothingLeft();
    }, 20_000);

    test.each(directions)(
      '%s: a call, on the UE’s connection from REGISTER to BYE',
      async (direction) => {
        const { ue } = await pairs.run(direction, 'calls/answered');
        const told = ue.received().flatMap((message) => message.lines('contact'));
        const own = told.filter((each) => !each.includes(contact));
        expect(new Set(own)).toEqual(new Set([`<sip:${addresses.edgeAccess}:${port};transport=${shown[transport]}>`]));
      },
      40_000,
    );

    test.each(directions)(
      '%s: offers in UPDATE of either side',
      async (direction) => {
        await pairs.run(direction, 'calls/update');
      },
      40_000,
    );

    test.each(directions)(
      '%s: a connection that is lost ends the call toward the core',
      async (direction) => {
        const { ue, core } = await pairs.start(direction, 'calls/released');
        await Promise.all([ue.logged('up'), core.logged('up')]);
        await ue.close();
        await core.succeeded();
      },
      40_000,
    );

    test.each(directions)(
      '%s: MESSAGE and other requests outside of dialogs',
      async (direction) => {
        const { ue, core } = await pairs.run(direction, 'requests/outside', { calls: 5 });
        const callee = direction === 'originating' ? core : ue;
        expect(callee.received('MESSAGE')).toHaveLength(1);
      },
      40_000,
    );
  });
});
