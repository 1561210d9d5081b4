import { Firewall, total } from '../../app/demo/firewall';
import { addresses, Network } from '../../app/demo/network';
import { UeTool } from '../../app/demo/ue-tool';
import type { Report } from '../../lib/ue/report';
import { Kamailio } from './support/kamailio';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';

/** Seconds of media in a call, and the packets that are. */
const seconds = 2;
const packets = seconds * 50;

/** How long a step of a UE may take, and all of its doing, in ms. */
const stepMs = 10_000;
const reportMs = 30_000;

const { alice, bob } = Kamailio.users;
const places = { alice: 'ue', bob: 'ue2' } as const;
type Name = keyof typeof places;

/** A proxy keeps the Call-ID: the edge has the calls of both UEs, and both under that one. */
const cores = [
  { core: 'a proxy', transport: 'udp', extra: '' },
  { core: 'hiding its topology', transport: 'tcp', extra: 'HIDING_TOPOLOGY' },
];

describeInNamespaces.each(cores)(
  'two UEs behind firewalls that pass TCP 80 alone, with Kamailio as core, $core, over $transport',
  ({ transport, extra }) => {
    let lab: Lab;
    let kamailio: Kamailio;
    let firewalls: Record<Name, Firewall>;
    const opened: { close(): Promise<void> }[] = [];
    const running: UeTool[] = [];

    const ue = (name: Name, ...args: string[]) => {
      const { password } = Kamailio.users[name];
      const own = ['--edge', `${addresses.edgeAccess}:80`, '--user', name, '--password', password];
      const media = ['--seconds', String(seconds), '--timeout', '10'];
      const tool = new UeTool(lab.network, places[name], [...own, ...media, ...args], name);
      running.push(tool);
      return tool;
    };

    const registered = async (name: Name, ...args: string[]) => {
      const tool = ue(name, '--register', ...args);
      await tool.event('registered', stepMs);
      return tool;
    };

    /** What the core received since the returned function was made: `INVITE sip:bob@example.net …`. */
    const requestsSince = () => {
      const before = kamailio.requests.length;
      return (method: string) => kamailio.requests.slice(before).filter((request) => request.startsWith(`${method} `));
    };

    beforeAll(async () => {
      const settings = {
        ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=tcp',
        CORE_NEXT_HOP: `sip:${addresses.core}:5060;transport=${transport}`,
      };
      lab = await Lab.start(settings, new Network(['ue', 'ue2']));
      opened.push(lab);
      kamailio = await Kamailio.start(lab.network, extra);
      opened.push(kamailio);
      firewalls = {
        alice: await Firewall.raise(lab.network, 'tcp80', places.alice),
        bob: await Firewall.raise(lab.network, 'tcp80', places.bob),
      };
    }, 60_000);

    afterAll(async () => {
      for (const one of opened.splice(0).reverse()) await one.close();
    }, 20_000);

    afterEach(async () => {
      await Promise.all(running.splice(0).map((tool) => tool.close()));
      await lab.nothingLeft();
    }, 20_000);

    test('a UE registers with digest, and takes it back', async () => {
      const requests = requestsSince();
      const report = await ue('alice', '--register').report(reportMs);
      expect(report).toMatchObject({ ok: true, error: null });
      // Each of the two is challenged first.
      expect(requests('REGISTER')).toHaveLength(4);
      const wrong = await ue('alice', '--register', '--password', 'looking-glass').report(reportMs);
      expect(wrong.error?.message).toMatch(/^The registration was refused: 401 /);
    }, 40_000);

    test.each([
      ['the caller holds and the callee hangs up', 'alice', 'bob', bob.uri, ['--hold'], []],
      ['the callee, called by its number, holds and the caller hangs up', 'bob', 'alice', alice.number, [], ['--hold']],
    ] as const)(
      'media flows both ways on TCP 80 on both legs, also after hold and resume: %s (A5, A6, G16)',
      async (_, caller, callee, uri, callerOptions, calleeOptions) => {
        const dropped = async () => ({
          alice: total((await firewalls.alice.counts()).fromUe.dropped),
          bob: total((await firewalls.bob.counts()).fromUe.dropped),
        });
        const before = await dropped();
        // Who does not hold hangs up.
        const ender = callerOptions.length > 0 ? callee : caller;
        const ends = (name: Name) => ['--hang-up', name === ender ? 'us' : 'peer'];
        const called = await registered(callee, '--wait-call', ...ends(callee), ...calleeOptions);
        const calling = ue(caller, '--register', '--call', uri, ...ends(caller), ...callerOptions);
        const [holder, other] = callerOptions.length > 0 ? [calling, called] : [called, calling];
        const [ofHolder, ofOther] = await Promise.all([holder.report(reportMs), other.report(reportMs)]);
        // Of what the other sends before it knows of the hold, rtpengine may pass nothing: so since mr11.4.
        expectMedia(ofHolder, 5);
        expectMedia(ofOther, 0);
        const by = (tool: UeTool) =>
          tool.events.flatMap((event) => ('by' in event ? [`${event.event} ${event.by}`] : []));
        expect(by(holder)).toEqual(['held us', 'resumed us', 'ended peer']);
        expect(by(other)).toEqual(['held peer', 'resumed peer', 'ended us']);
        // Both tried UDP, and their firewalls dropped it.
        const after = await dropped();
        expect(after.alice).toBeGreaterThan(before.alice);
        expect(after.bob).toBeGreaterThan(before.bob);
      },
      60_000,
    );

    test.each([
      ['alice', 'bob', bob.uri],
      ['bob', 'alice', alice.uri],
    ] as const)(
      'a MESSAGE of %s reaches %s (G18)',
      async (sender, receiver, uri) => {
        const text = `Grüße von ${sender}`;
        const receiving = await registered(receiver, '--wait-message');
        const report = await ue(sender, '--register', '--message', uri, '--text', text).report(reportMs);
        expect(report.error).toBeNull();
        expect((await receiving.report(reportMs)).error).toBeNull();
        expect(receiving.events).toContainEqual(
          expect.objectContaining({ event: 'message', from: Kamailio.users[sender].uri, text }),
        );
      },
      40_000,
    );

    test('calls to a UE that has de-registered, or that there never was, are refused by the core', async () => {
      expect((await ue('bob', '--register').report(reportMs)).ok).toBe(true);
      const gone = await ue('alice', '--register', '--call', bob.uri).report(reportMs);
      expect(gone.error?.message).toBe('The call was refused: 480 Not Registered.');
      const never = await ue('alice', '--register', '--call', 'sip:carol@example.net').report(reportMs);
      expect(never.error?.message).toBe('The call was refused: 404 Not Found.');
    }, 60_000);

    test('a UE whose connection is gone: 430 lets the core forget it (G2)', async () => {
      const lost = await registered('bob', '--wait-call');
      lost.signal('SIGKILL');
      for (const reason of ['Temporarily Unavailable', 'Not Registered']) {
        const report = await ue('alice', '--register', '--call', bob.uri).report(reportMs);
        expect(report.error?.message).toBe(`The call was refused: 480 ${reason}.`);
      }
    }, 60_000);

    test('a UE that is not registered: 403, and the core sees nothing of it (G8)', async () => {
      const requests = requestsSince();
      const call = await ue('alice', '--call', bob.uri).report(reportMs);
      expect(call.error?.message).toMatch(/^The call was refused: 403 /);
      const message = await ue('alice', '--message', bob.uri).report(reportMs);
      expect(message.error?.message).toMatch(/^The message was refused: 403 /);
      expect([...requests('INVITE'), ...requests('MESSAGE')]).toEqual([]);
    }, 40_000);
  },
);

function expectMedia(report: Report, mostLost: number): void {
  expect(report).toMatchObject({ ok: true, error: null, path: 'tcp80', sent: packets });
  // What was sent before the other's path was there is neither received nor lost.
  expect(report.lost).toBeLessThanOrEqual(mostLost);
  // More than half: media went on after the resume.
  expect(report.received).toBeGreaterThan(packets * 0.75);
  expect(report.rtcpReceived).toBeGreaterThan(0);
}
