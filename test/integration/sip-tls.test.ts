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

/** Where the UE believes that it is. */
const contact = 'ue@10.9.8.7:5061;transport=tls';

describeInNamespaces('UEs on TLS, with Contacts that lead nowhere', () => {
  let lab: Lab;
  let tunnel: UeTunnel;
  let pairs: SipPairs;
  const directory = mkdtempSync(join(tmpdir(), 'e80-tls-'));

  beforeAll(async () => {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    const subject = ['-subj', `/CN=${addresses.edgeAccess}`, '-days', '1', '-nodes'];
    await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', key, '-out', cert]);
    const points = [`sip:${addresses.edgeAccess}:5060;transport=tcp`, `sip:${addresses.edgeAccess}:5061;transport=tls`];
    lab = await Lab.start({ ACCESS_LISTEN: points.join(' '), TLS_CERT_FILE: cert, TLS_KEY_FILE: key });
    tunnel = await UeTunnel.start(lab.network, 'tls', 5061);
    pairs = new SipPairs(lab, { far: tunnel.far, keywords: { contact } });
  }, 60_000);

  afterAll(async () => {
    await tunnel.close();
    await lab.close();
    rmSync(directory, { recursive: true, force: true });
  }, 20_000);

  afterEach(async () => {
    await pairs.close();
    await lab.nothingLeft();
  }, 20_000);

  test.each([
    ['tcp', 5060],
    ['tls', 5061],
  ] as const)('a keep-alive on %s gets its answer (G5)', async (transport, port) => {
    expect(await pong(lab.network, transport, port)).toBe('\r\n');
  });

  test.each(directions)(
    '%s: a call, on the UE’s connection from REGISTER to BYE (G11, G12)',
    async (direction) => {
      const { ue } = await pairs.run(direction, 'calls/answered');
      const shown = ue.received().flatMap((message) => message.lines('contact'));
      const own = shown.filter((each) => !each.includes(contact));
      expect(new Set(own)).toEqual(new Set([`<sip:${addresses.edgeAccess}:5061;transport=tls>`]));
    },
    40_000,
  );

  test.each(directions)(
    '%s: offers in UPDATE of either side (G14)',
    async (direction) => {
      await pairs.run(direction, 'calls/update');
    },
    40_000,
  );

  test.each(directions)(
    '%s: a connection that is lost ends the call toward the core (G20)',
    async (direction) => {
      const { ue, core } = await pairs.start(direction, 'calls/released');
      await Promise.all([ue.logged('up'), core.logged('up')]);
      await ue.close();
      await core.succeeded();
    },
    40_000,
  );
});
