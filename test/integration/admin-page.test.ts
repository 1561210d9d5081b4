import path from 'node:path';
import type { Page } from 'playwright-core';
import { Ends, type EndsOptions } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import { askAdmin } from './support/admin';
import { breakConnection } from './support/broken-connection';
import { Chromium } from './support/chromium';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

interface Row {
  id: string;
  callee: string;
  endedAt: number | null;
  path: string | null;
  verdict: { id: string; is: string; text: string };
}

/** SIP on a port of its own, so that what is said of port 80 is media alone. */
const sip = { sipPort: 5060, seconds: 4, direction: 'originating' } as const;

const docs = path.join(__dirname, '../../docs');

describeInNamespaces('the admin page', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  }, 30_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  const lists = async () => {
    const { text } = await askAdmin(lab.network, '/api/calls');
    return JSON.parse(text) as { underWay: Row[]; ended: Row[] };
  };
  const ended = async () => (await lists()).ended;
  const underWay = async () => (await lists()).underWay;

  /** What the page says of a call that these ends make; they may fail. */
  const verdictOf = async (
    options: Partial<EndsOptions> = {},
    during: (ends: Ends) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Row> => {
    const before = (await ended()).length;
    const ends = new Ends(lab.network, { ...sip, ...options });
    try {
      await Promise.all([ends.run().catch(() => undefined), during(ends)]);
    } finally {
      await ends.close();
    }
    return await until('the call has ended', 40_000, async () => {
      const calls = await ended();
      return calls.length > before ? calls[0] : undefined;
    });
  };

  const underFirewall = async <T>(ports: readonly number[] | 'open', run: () => Promise<T>): Promise<T> => {
    const firewall = await Firewall.raise(lab.network, ports);
    try {
      return await run();
    } finally {
      await firewall.lower();
    }
  };

  const says = (id: string, more: object = {}) => ({ verdict: expect.objectContaining({ id }), ...more });

  describe('says why a call has media, or none', () => {
    test('I10: way-by-udp, way-by-tcp', async () => {
      expect(await verdictOf()).toMatchObject(says('way-by-udp', { path: 'udp' }));
      expect(await underFirewall([80, 5060], () => verdictOf())).toMatchObject(says('way-by-tcp', { path: 'tcp80' }));
    }, 120_000);

    test('I10: connection-lost, of a UE that cannot dial again, while the call is under way', async () => {
      const firewall = await Firewall.raise(lab.network, [80, 5060]);
      let raised: Firewall | undefined;
      const cut = async (ends: Ends) => {
        await until('media flows', 30_000, async () => (await underWay()).find((row) => row.path !== null));
        await breakConnection(lab.network, 'reset');
        await firewall.lower();
        raised = await Firewall.raise(lab.network, [5060]);
        await until('the page says so', 30_000, async () =>
          (await underWay()).find(({ verdict }) => verdict.id === 'connection-lost'),
        );
        await ends.close();
      };
      try {
        const row = await verdictOf({ seconds: 60 }, cut);
        expect(row).toMatchObject(says('connection-lost'));
        expect(row.verdict.text).toMatch(/stopped \d+ s before the end/);
      } finally {
        await raised?.lower();
      }
    }, 120_000);

    test('I10: rtpengine-refused, where it stands still', async () => {
      lab.rtpengine.signal('SIGSTOP');
      try {
        expect(await verdictOf()).toMatchObject(says('rtpengine-refused'));
      } finally {
        lab.rtpengine.signal('SIGCONT');
      }
      await until('it is ready again', 30_000, async () =>
        (await askAdmin(lab.network, '/ready')).status === 200 ? true : undefined,
      );
    }, 120_000);
  });

  describe('in a browser', () => {
    let chromium: Chromium;
    let page: Page;

    beforeAll(async () => {
      chromium = await Chromium.start(lab.network, undefined, 'edge');
      page = await chromium.plain('http://127.0.0.1:8480/', { width: 1280, height: 900 });
    }, 30_000);

    afterAll(async () => {
      await chromium.close();
    });

    const shot = async (name: string) => {
      if (process.env['SCREENSHOTS']) await page.screenshot({ path: path.join(docs, `${name}.png`) });
    };

    test('I10: lists calls, finds them, and opens one to its verdict and ladder', async () => {
      await page.waitForSelector('text=The firewall passes UDP; TCP was not needed.');
      await shot('admin-calls');
      await page.fill('#term', 'nobody-has-this');
      await page.waitForSelector('text=Ended, 0');
      await page.fill('#term', 'CORE@example');
      await page.waitForSelector('text=Media went over TCP 80');
      await page.click('text=Media went over TCP 80');
      await page.waitForSelector('.verdict[data-id="way-by-tcp"]');
      const ladder = await page.textContent('.ladder');
      for (const step of [
        'UE → edge',
        'offer: audio',
        'ICE check nominated over tcp80',
        'media has its way (tcp80',
        'INVITE sip:core@example.net SIP/2.0',
        'SIP/2.0 200 OK',
        ...['ACK sip:', 'BYE sip:'],
      ])
        expect(ladder).toContain(step);
      await shot('admin-call');
      expect(await page.content()).not.toMatch(/ice-pwd:(?! \(not shown\))|inline:/);
    }, 60_000);

    test('I10: finds a call by its Call-ID, and calls and registrations by the UE’s address', async () => {
      await page.goto('http://127.0.0.1:8480/#/');
      const all = await ended();
      const { callId } = all[0] as Row & { callId: string };
      await page.fill('#term', callId);
      await page.waitForSelector('text=Ended, 1');
      await page.fill('#term', addresses.ue);
      await page.waitForSelector(`text=Ended, ${all.length}`);
      await page.fill('#term', addresses.core);
      await page.waitForSelector('text=Ended, 0');
      await page.fill('#term', '');
    }, 60_000);

    test('I10: a caller who is named as a script is shown, and does nothing', async () => {
      const user = '%3Cscript%3Ealert(1)%3C%2Fscript%3E';
      await verdictOf({ callerOptions: ['--user', user] });
      await page.goto('http://127.0.0.1:8480/#/');
      await page.fill('#term', user);
      await page.waitForSelector('text=Ended, 1');
      expect(await page.locator('main script').count()).toBe(0);
    }, 60_000);

    test('I10: is usable on a phone, in the dark', async () => {
      const small = await chromium.plain('http://127.0.0.1:8480/', { width: 390, height: 844 });
      await small.emulateMedia({ colorScheme: 'dark' });
      await small.waitForSelector('text=Media went over TCP 80');
      const width = await small.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(390);
      if (process.env['SCREENSHOTS']) await small.screenshot({ path: path.join(docs, 'admin-phone.png') });
      await small.close();
    }, 60_000);

    test('I6, I10: drains once it is confirmed, until it is taken back', async () => {
      await page.goto('http://127.0.0.1:8480/#/');
      await page.click('#drain');
      await page.click('text=Cancel');
      expect((await askAdmin(lab.network, '/ready')).status).toBe(200);
      await page.click('#drain');
      await page.click('dialog button.bad');
      await page.waitForSelector('#state:text("draining")');
      expect((await askAdmin(lab.network, '/ready')).status).toBe(503);
      await page.click('#resume');
      await page.waitForSelector('#state:text("ready")');
      expect((await askAdmin(lab.network, '/ready')).status).toBe(200);
    }, 60_000);

    test('I10: asks for the token where there is one, until it is the right one', async () => {
      await lab.startEdge({ ADMIN_TOKEN: 'a-token-of-this-test' });
      const asked = await chromium.plain('http://127.0.0.1:8480/', { width: 1280, height: 900 });
      await asked.waitForSelector('#login:visible');
      expect(await asked.textContent('main')).toBe('');
      for (const [token, told] of [
        ['another-token-of-16', '#trouble :text("ADMIN_TOKEN")'],
        ['a-token-of-this-test', '#state:text("ready")'],
      ] as const) {
        await asked.fill('#token', token);
        await asked.click('#login button');
        await asked.waitForSelector(told);
      }
      await asked.waitForSelector('#login', { state: 'hidden' });
      await asked.waitForSelector('text=Ended, 0');
      await asked.close();
    }, 60_000);
  });
});
