import { Firewall } from '../../app/demo/firewall';
import { addresses, Network } from '../../app/demo/network';
import { runTool } from '../../app/demo/processes';
import type { Browser, BrowserPage } from './support/browser';
import { Chromium } from './support/chromium';
import { Firefox } from './support/firefox';
import { JsSipScript } from './support/jssip-script';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';
import { pageHears } from './support/page-sound';
import { PlainCore, tones } from './support/plain-core';
import { Squid } from './support/squid';
import { TlsLook } from './support/tls-look';
import { until } from './support/until';
import { WebPhone } from './support/web-phone';

const edge = { PUBLIC_PORTS: '80,443', WEB_PHONE: 'on', CORE_PROFILE: 'rtp-avp', ACCESS_PROFILE: 'webrtc' };

/** By the port that a firewall passes: how pages come, and SIP. */
const ways = [
  { port: 80, scheme: 'http', webSocket: `ws://${addresses.edgeAccess}` },
  { port: 443, scheme: 'https', webSocket: `wss://${addresses.edgeAccess}` },
] as const;

const browsers = ['Chromium', 'Firefox'] as const;

/** Where nobody listens (RFC 863). */
const discardPort = 9;

const pairOf = (port: number) => ({ transport: 'tcp', remote: `${addresses.edgeAccess}:${port}` });

describeInNamespaces(
  'Browsers with SIP over WebSocket, and a core with plain RTP',
  () => {
    const script = new JsSipScript();
    let lab: Lab;
    let core: PlainCore;
    let chromium: Chromium;
    let firefox: Firefox;
    let phone: WebPhone | undefined;
    let page: BrowserPage | undefined;
    const raised: { lower(): Promise<void> }[] = [];

    /** Is lowered after the test. */
    function inTest<T extends { lower(): Promise<void> }>(firewall: T): T {
      raised.push(firewall);
      return firewall;
    }

    afterEach(async () => {
      await page?.run('leave');
      await Promise.all([page?.close(), phone?.close(), core.hangUp()]);
      for (const firewall of raised.splice(0)) await firewall.lower();
      [page, phone] = [undefined, undefined];
    }, 20_000);

    afterAll(async () => {
      script.close();
      await Promise.all([core.close(), chromium.close(), firefox.close()]);
    }, 20_000);

    labOfSuite((started) => (lab = started), { settings: edge, network: new Network(['ue', 'ue2']) });

    beforeAll(async () => {
      chromium = await Chromium.start(lab.network);
      firefox = await Firefox.start(lab.network);
      core = await PlainCore.start(lab.network);
    }, 60_000);

    /** A page with JsSIP, registered. */
    async function jsSip(
      name: (typeof browsers)[number],
      { scheme, webSocket }: (typeof ways)[number],
      bundlePolicy: string,
    ): Promise<BrowserPage> {
      const browser: Browser = { Chromium: chromium, Firefox: firefox }[name];
      page = await browser.open({ script: script.path, origin: `${scheme}://${addresses.edgeAccess}/` });
      const account = { server: webSocket, uri: 'sip:ue@example.net', bundlePolicy, frequency: tones.ofUe };
      await page.run('register', account);
      return page;
    }

    /** The web phone, registered. */
    async function webPhone(scheme: 'http' | 'https', browser = chromium): Promise<WebPhone> {
      phone = await WebPhone.open(browser, scheme);
      await phone.register('ue', 'secret');
      await phone.says('ue@example.net');
      return phone;
    }

    describe.each(ways)('behind a firewall that passes TCP $port alone', (way) => {
      const { port, scheme } = way;
      let firewall: Firewall;

      beforeAll(async () => {
        firewall = await Firewall.raise(lab.network, [port]);
      });

      afterAll(async () => {
        await firewall.lower();
      });

      test('J2, J5: the web phone (SIP.js) calls, holds, and sends digits', async () => {
        const caller = await webPhone(scheme);
        await Promise.all([core.take(), caller.call('core')]);
        await Promise.all([caller.hears(true), core.hears()]);
        await caller.says(new RegExp(`Media takes TCP ${port}, because UDP was never answered \\(\\d+ checks?\\)`));
        expect(await caller.pairs()).toEqual([pairOf(port)]);
        await caller.press('Hold');
        await caller.says('you hold');
        await core.hearsNothing();
        await caller.press('Hold');
        await Promise.all([caller.hears(true), core.hears()]);
        await caller.press('Keypad');
        for (const digit of '19#') await caller.press(digit);
        await until('the digits came', 10_000, async () => ((await core.digits()) === '19#' ? true : undefined));
        await caller.press('Hang up');
      });

      test('J2, J5: the web phone is called, held, and has messages both ways', async () => {
        const callee = await webPhone(scheme);
        await callee.write('core', 'How are you?');
        await callee.says('How are you?');
        expect((await core.messages()).at(-1)).toBe('How are you?');
        await core.write('Well!');
        await callee.says(/core@example\.net\s*Well!/);
        await Promise.all([core.call('audio'), callee.press('Answer')]);
        await Promise.all([callee.hears(true), core.hears()]);
        expect(await callee.pairs()).toEqual([pairOf(port)]);
        await core.hold(true);
        await callee.says('the other one holds');
        await core.hold(false);
        await Promise.all([callee.hears(true), core.hears()]);
      });

      test.each(browsers)(
        'J2, J5: JsSIP with max-bundle in %s calls, holds, and sends digits and a message',
        async (name) => {
          const caller = await jsSip(name, way, 'max-bundle');
          await Promise.all([core.take(), caller.run('call', 'sip:core@example.net')]);
          await Promise.all([pageHears(caller, true), core.hears()]);
          expect(await caller.run('pairs')).toEqual([pairOf(port)]);
          await caller.run('hold', true);
          await core.hearsNothing();
          await caller.run('hold', false);
          await Promise.all([pageHears(caller, true), core.hears()]);
          await caller.run('press', '5');
          await until('the digit came', 10_000, async () => ((await core.digits()) === '5' ? true : undefined));
          await caller.run('write', 'sip:core@example.net', `Hello from ${name}`);
          expect((await core.messages()).at(-1)).toBe(`Hello from ${name}`);
        },
      );

      test.each(browsers)('J2, J5: JsSIP with balanced in %s is called', async (name) => {
        const callee = await jsSip(name, way, 'balanced');
        await Promise.all([core.call('audio'), callee.run('take')]);
        await Promise.all([pageHears(callee, true), core.hears()]);
        expect(await callee.run('pairs')).toEqual([pairOf(port)]);
      });

      test('J3, J4: nothing else passed', async () => {
        const { fromUe, toUe } = await firewall.counts();
        expect([fromUe, toUe].map(({ passed }) => Object.keys(passed))).toEqual([[`tcp${port}`], [`tcp${port}`]]);
        const dropped = Object.keys(fromUe.dropped);
        expect(dropped.filter((each) => each.startsWith('udp'))).not.toEqual([]);
      });
    });

    describe('by squid, which tunnels to 443 alone, without any direct way', () => {
      let squid: Squid;
      let proxied: Chromium;

      beforeAll(async () => {
        squid = await Squid.start(lab.network);
        // The other one has seen the network change, and gives up what it loads.
        proxied = await Chromium.start(lab.network, squid.url);
      }, 20_000);

      afterAll(async () => {
        await Promise.all([proxied.close(), squid.close()]);
      });

      test('J8: the web phone calls', async () => {
        const direct = inTest(await Firewall.raise(lab.network, [discardPort]));
        const ofProxy = inTest(await Firewall.raise(lab.network, [443], 'ue2'));
        const caller = await webPhone('https', proxied);
        await Promise.all([core.take(), caller.call('core')]);
        await Promise.all([caller.hears(true), core.hears()]);
        expect(await caller.pairs()).toEqual([pairOf(443)]);
        expect((await direct.counts()).fromUe.passed).toEqual({});
        expect(Object.keys((await ofProxy.counts()).fromUe.passed)).toEqual(['tcp443']);
      });
    });

    describe('with a firewall that is open', () => {
      test('J5: the web phone says that media takes UDP', async () => {
        const caller = await webPhone('https');
        await Promise.all([core.take(), caller.call('core')]);
        await caller.says('Media takes UDP');
        await caller.hears(true);
      });

      test('J5: the web phone says that the password is wrong', async () => {
        phone = await WebPhone.open(chromium, 'https');
        await phone.register('locked', 'guessed');
        await phone.says('The user name or the password is wrong.');
      });

      test('J5: the web phone says that nobody takes its WebSocket', async () => {
        phone = await WebPhone.open(chromium, 'https');
        await phone.useServer(`wss://${addresses.edgeAccess}:444/`);
        await phone.register('ue', 'secret');
        await phone.says(`wss://${addresses.edgeAccess}:444/ did not open.`);
      });
    });

    test('J9: through a firewall that passes what looks like TLS to TCP 443, and nothing else', async () => {
      await lab.startEdge({ ...edge, SSLTCP_PORTS: '443' });
      inTest(await Firewall.raise(lab.network, [443]));
      const look = inTest(await TlsLook.raise(lab.network));
      const caller = await webPhone('https');
      await Promise.all([core.take(), caller.call('core')]);
      await Promise.all([caller.hears(true), core.hears()]);
      await caller.says('Media takes TCP 443 behind a hello of TLS');
      expect(await caller.pairs()).toEqual([{ ...pairOf(443), transport: 'ssltcp' }]);
      // As it does with whatever is no TLS.
      const bare = `printf 'GET / HTTP/1.1\\r\\n\\r\\n' > /dev/tcp/${addresses.edgeAccess}/443`;
      await runTool('ip', ['netns', 'exec', lab.network.namespace('ue'), 'bash', '-c', bare]);
      await until('it is refused', 10_000, async () => ((await look.refused()) > 0 ? true : undefined));
    });
  },
  { programs: ['chromium', 'firefox-esr', 'squid'] },
);
