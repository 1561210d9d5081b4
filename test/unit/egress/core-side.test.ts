import { limits } from '../../../lib/egress/limits';
import type { Destination } from '../../../lib/wire/link';
import { Relaying } from '../../../lib/egress/relaying';
import { CarriedBodies } from '../../../lib/drachtio/fence/carried-bodies';
import { FakeLink } from './fake-link';
import { answer, branchOf, lines, request, silent } from './messages';

/* Large requests toward the core, and what the core sends to UEs by way of the relay. */

let now: number;
let relaying: Relaying;
let links: Map<string, FakeLink>;
let bodies: CarriedBodies;
const server = new FakeLink('192.0.2.1');

function linkTo({ transport, address, port }: Destination): FakeLink {
  const key = `${transport} ${address} ${port}`;
  const link = links.get(key) ?? new FakeLink(address, port, transport);
  links.set(key, link);
  return link;
}

beforeEach(() => {
  now = 0;
  links = new Map([['udp 192.0.2.1 5060', server]]);
  server.sent.length = 0;
  bodies = new CarriedBodies(() => now);
  const network = {
    locate: (
      hop: { host: string; port: number | undefined; transport: 'udp' | 'tcp' },
      then: (at: Destination) => void,
    ) => then({ address: hop.host, port: hop.port ?? 5060, transport: hop.transport }),
    linkTo,
    isOwn: ({ port }: Destination) => port === 7000,
  };
  const contacts = [{ address: '192.0.2.1', port: 5060, transports: ['udp'] as const }];
  relaying = new Relaying(network, silent, limits, () => now, { server: contacts, bodies });
});

const udp = () => linkTo({ transport: 'udp', address: '192.0.2.9', port: 5070 });
const tcp = () => linkTo({ transport: 'tcp', address: '192.0.2.9', port: 5070 });

describe('P13: a request above 1300 bytes toward a next hop of UDP', () => {
  let serial = 0;
  const sends = (body: string, branch = `z9hG4bK${++serial}`) => {
    const errand = relaying.errands.put({ nextHop: 'sip:192.0.2.9:5070', routes: [] });
    const headers = { 'X-Edge80-Errand': errand, Via: `SIP/2.0/UDP 192.0.2.1:5060;rport;branch=${branch}` };
    const text = request('MESSAGE', 'sip:bob@ims.example', headers, body);
    relaying.receive(text, server);
    return () => relaying.receive(text, server);
  };

  test.each([
    [900, 'udp'],
    [1300, 'tcp'],
  ])('with a body of %i bytes goes by %s', (length, transport) => {
    sends('x'.repeat(length));
    const [sent, other] = transport === 'udp' ? [udp().one, tcp().one] : [tcp().one, udp().one];
    expect(lines(sent, 'Via')[0]).toMatch(new RegExp(`^SIP/2.0/${transport.toUpperCase()} `));
    expect(other).toBe('');
    relaying.receive(answer(sent, 200), transport === 'udp' ? udp() : tcp());
    expect(server.one).toMatch(/^SIP\/2\.0 200 /);
  });

  test('goes by UDP all the same where no connection is taken, and the next one at once, for some minutes', () => {
    sends('x'.repeat(2000));
    const first = tcp().one;
    relaying.lost(tcp());
    const again = udp().one;
    expect([branchOf(again), again.endsWith('x'.repeat(2000))]).toEqual([branchOf(first), true]);
    relaying.receive(answer(again, 200), udp());
    expect(server.one).toMatch(/^SIP\/2\.0 200 /);
    sends('x'.repeat(2000));
    expect([tcp().sent.length, udp().one.length > 2000]).toEqual([0, true]);
    now += 301_000;
    sends('x'.repeat(2000));
    expect(tcp().one.length).toBeGreaterThan(2000);
  });

  test('goes by UDP as soon as the server repeats it, where nothing is heard of the connection', () => {
    const repeat = sends('x'.repeat(2000));
    expect(tcp().one).not.toBe('');
    tcp().isConnecting = true;
    repeat();
    expect(udp().one).toMatch(/^MESSAGE /);
    repeat();
    expect(udp().one).toMatch(/^MESSAGE /);
    relaying.lost(tcp());
    expect(server.sent).toEqual([]);
  });
});

describe('what the core sends by the Path', () => {
  const core = () => linkTo({ transport: 'udp', address: '192.0.2.9', port: 5060 });
  const asked = (method: string, headers: Record<string, string> = {}, body = '', uri = 'sip:alice@ims.example') =>
    request(method, uri, { Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKc1', 'Call-ID': 'of-core', ...headers }, body);
  const path = { Route: '<sip:token@192.0.2.1:7000;lr>' };

  test('G23: reaches the server, which sees its own address and no body that it must not see; so does the answer', () => {
    relaying.receive(
      asked('MESSAGE', { ...path, 'X-Edge80-Body': 'forged' }, 'a\0b'),
      new FakeLink('192.0.2.9', 40_000),
    );
    const arrived = server.one;
    expect(lines(arrived, 'Route')).toEqual(['<sip:token@192.0.2.1:5060;lr>']);
    expect([arrived.endsWith('\r\n\r\n'), lines(arrived, 'X-Edge80-Body').length]).toEqual([true, 1]);
    expect(bodies.get(lines(arrived, 'X-Edge80-Body')[0] ?? '')).toBe('a\0b');
    const headers = { 'X-Edge80-Body': bodies.put('\0', 'ue a') };
    relaying.receive(answer(arrived, 200, headers), server);
    // To the port of its Via, as it asked for no other (RFC 3261 §18.2.2).
    const back = core().one;
    expect([back.endsWith('\r\n\r\n\0'), lines(back, 'X-Edge80-Body')]).toEqual([true, []]);
    expect(lines(back, 'Via')).toEqual(['SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKc1']);
  });

  test.each([
    ['terminated;reason=timeout', '500 Internal Server Error', '200 OK'],
    ['terminated', '500 Other', '500 Other'],
    ['active', '500 Internal Server Error', '500 Internal Server Error'],
  ])('G26: a NOTIFY, %s, that the server answers %s gets %s', (state, answered, passed) => {
    relaying.receive(asked('NOTIFY', { ...path, Event: 'presence', 'Subscription-State': state }), core());
    relaying.receive(answer(server.one, 500).replace(/^SIP.*/, `SIP/2.0 ${answered}`), server);
    expect(core().one.split('\r\n', 1)).toEqual([`SIP/2.0 ${passed}`]);
  });

  test('G12: a dialog that it begins stays on the relay, by a route for each side, under its Call-ID', () => {
    relaying.receive(asked('INVITE', path), core());
    const invite = server.one;
    expect(lines(invite, 'Call-ID')).toEqual(['of-core']);
    const [ofServer = '', ofCore = ''] = lines(invite, 'Record-Route');
    const tagged = { To: '<sip:bob@ims.example>;tag=b1', 'Call-ID': 'of-core' };
    const far = '<sip:192.0.2.30;lr>';
    relaying.receive(
      request('BYE', 'sip:bob@192.0.2.20', { ...tagged, Route: `${ofServer}, ${ofCore}, ${far}` }),
      server,
    );
    const bye = linkTo({ transport: 'udp', address: '192.0.2.30', port: 5060 }).one;
    expect(lines(bye, 'Route')).toEqual([far]);
    const via = 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKc2';
    relaying.receive(
      asked('INFO', { ...tagged, Via: via, Route: `${ofCore}, ${ofServer}` }, '', 'sip:192.0.2.1:5060'),
      core(),
    );
    expect(lines(server.one, 'Route')).toEqual([]);
  });

  test('without a route it may go to the server, and nowhere else', () => {
    const tagged = { To: '<sip:bob@ims.example>;tag=b1' };
    relaying.receive(asked('BYE', tagged, '', 'sip:192.0.2.1:5060'), core());
    expect(server.one).toMatch(/^BYE /);
    const via = { Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKc3' };
    expect(relaying.receive(asked('BYE', { ...tagged, ...via }, '', 'sip:192.0.2.77'), core())).toBe(false);
    expect(relaying.receive(asked('MESSAGE', { ...via, Route: '<sip:192.0.2.77;lr>' }), core())).toBe(false);
    expect([...server.sent, ...core().sent]).toEqual([]);
  });

  test('P17: in a dialog that is none, the Path leads to 481', () => {
    const inDialog = { To: '<sip:bob@ims.example>;tag=b1', Route: '<sip:token@192.0.2.1:7000;lr>' };
    expect(relaying.receive(asked('BYE', inDialog, '', 'sip:192.0.2.1:5060'), core())).toBe(false);
    expect(core().one).toMatch(/^SIP\/2\.0 481 /);
    expect(server.sent).toEqual([]);
  });

  test('P18: a caller whose 200 has passed, and whose ACK has not come, gets a BYE if the server is lost', () => {
    const offered = { ...path, Contact: '<sip:carol@192.0.2.9:5090>', 'Record-Route': '<sip:192.0.2.9:5070;lr>' };
    const calls = (callId: string) => {
      const via = `SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK${callId}`;
      relaying.receive(asked('INVITE', { ...offered, 'Call-ID': callId, Via: via }, '', 'sip:ue@10.1.2.3'), core());
      const invite = server.one;
      relaying.receive(answer(invite, 200).replace(/^To: .*/m, '$&;tag=ue'), server);
      core().sent.length = 0;
      return invite;
    };
    calls('unconfirmed');
    const [ofServer = '', ofCore = ''] = lines(calls('confirmed'), 'Record-Route');
    const ack = {
      ...{ 'Call-ID': 'confirmed', To: '<sip:bob@ims.example>;tag=ue', Route: `${ofCore}, ${ofServer}` },
      Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKack',
    };
    relaying.receive(asked('ACK', ack, '', 'sip:192.0.2.1:5060'), core());
    server.sent.length = 0;
    relaying.serverLost();
    const bye = udp().one;
    expect(bye).toMatch(/^BYE sip:carol@192\.0\.2\.9:5090 /);
    expect(lines(bye, 'Call-ID')).toEqual(['unconfirmed']);
    expect(lines(bye, 'From')).toEqual(['<sip:bob@ims.example>;tag=ue']);
    expect(lines(bye, 'Route')).toEqual(['<sip:192.0.2.9:5070;lr>']);
    relaying.serverLost();
    expect([...udp().sent, ...core().sent]).toEqual([]);
  });

  test('P12: a line that the server does not take gets 513, and of a response it is left out', () => {
    relaying.receive(asked('MESSAGE', { ...path, Subject: 'x'.repeat(8190) }), core());
    expect(core().one).toMatch(/^SIP\/2\.0 513 /);
    const errand = relaying.errands.put({ nextHop: 'sip:192.0.2.9:5070', routes: [] });
    relaying.receive(request('OPTIONS', 'sip:bob@ims.example', { 'X-Edge80-Errand': errand }), server);
    relaying.receive(answer(udp().one, 200, { Server: 'x'.repeat(8190), Allow: 'INVITE' }), udp());
    const passed = server.one;
    expect([lines(passed, 'Server'), lines(passed, 'Allow')]).toEqual([[], ['INVITE']]);
  });
});
