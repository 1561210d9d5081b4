import type { Errand } from '../../../lib/egress/errand';
import { limits, type Limits } from '../../../lib/egress/limits';
import type { Destination } from '../../../lib/wire/link';
import { Relaying } from '../../../lib/egress/relaying';
import { countsOf, telling } from '../ops/told';
import { FakeLink } from './fake-link';
import { answer, branchOf, lines, request } from './messages';

const uri = 'sip:bob@ims.example';
const routes = ['<sip:pcscf.example;lr>', '<sip:scscf.example;lr>'];

describe('what becomes of a message at the egress relay', () => {
  let now: number;
  let core: FakeLink | undefined;
  let server: FakeLink;
  let destinations: Destination[];
  let relaying: Relaying;
  const { logger, lines: told } = telling();

  function make(bounds: Partial<Limits> = {}): void {
    const network = {
      locate: (
        hop: { host: string; port: number | undefined; transport: 'udp' | 'tcp' },
        then: (at: Destination) => void,
      ) => then({ address: hop.host, port: hop.port ?? 5060, transport: hop.transport }),
      linkTo: (to: Destination) => {
        destinations.push(to);
        return core;
      },
      isOwn: ({ port }: Destination) => port === 7000,
    };
    relaying = new Relaying(network, logger, { ...limits, ...bounds }, () => now);
  }

  beforeEach(() => {
    now = 0;
    core = new FakeLink('192.0.2.9');
    server = new FakeLink('192.0.2.1');
    destinations = [];
    make();
  });

  function post(errand: Partial<Errand> = {}): Record<string, string> {
    return { 'X-Edge80-Errand': relaying.errands.put({ nextHop: 'sip:192.0.2.9:5070', routes, ...errand }) };
  }

  /** Sends an INVITE through and returns it as the core got it. */
  function invite(errand: Partial<Errand> = {}): string {
    expect(relaying.receive(request('INVITE', uri, post(errand)), server)).toBe(true);
    return core?.one ?? '';
  }

  test('a request goes to the next hop with the Route set of its errand and none of its own', () => {
    relaying.receive(request('MESSAGE', uri, { Route: '<sip:elsewhere.example;lr>', ...post() }, 'hi'), server);
    const sent = core?.one ?? '';
    expect(destinations).toEqual([{ address: '192.0.2.9', port: 5070, transport: 'udp' }]);
    expect(lines(sent, 'Route')).toEqual(routes);
    expect(sent).toMatch(
      /^MESSAGE sip:bob@ims\.example SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.1:7000;rport;branch=z9hG4bK/,
    );
    expect(lines(sent, 'Via')[1]).toBe('SIP/2.0/UDP 127.1.0.1:5060;rport;branch=z9hG4bKserver1');
    expect(lines(sent, 'Max-Forwards')).toEqual(['69']);
    expect(sent).not.toContain('X-Edge80-Errand');
    expect(sent).toMatch(/\r\n\r\nhi$/);
  });

  test('N7, X19: a flood of requests that cannot be sent is told once', () => {
    told.length = 0;
    make();
    for (let number = 0; number < 20; number += 1) {
      const via = `SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bKflood${number}`;
      relaying.receive(request('MESSAGE', uri, { ...post({ nextHop: 'sips:192.0.2.9' }), Via: via }), server);
      expect(server.one).toMatch(/^SIP\/2\.0 500 /);
    }
    expect(countsOf(told)).toEqual({ 'A request cannot be sent to the core': 1 });
  });

  test('G31: a request that the core does not answer is answered before the server gives it up', () => {
    relaying.receive(request('REGISTER', uri, post()), server);
    const sent = core?.one ?? '';
    relaying.receive(answer(sent, 100), server);
    expect(server.one).toMatch(/^SIP\/2\.0 100 /);
    now = 24_999;
    relaying.sweep();
    expect(server.sent).toEqual([]);
    now = 25_000;
    relaying.sweep();
    expect(server.one).toMatch(/^SIP\/2\.0 408 Request Timeout\r\n/);
    expect(relaying.receive(answer(sent, 200), server)).toBe(false);
    expect(server.sent).toEqual([]);
  });

  test('an INVITE may ring for longer, and what is answered is over', () => {
    invite();
    relaying.receive(
      request('OPTIONS', uri, { ...post(), Via: 'SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bKother' }),
      server,
    );
    relaying.receive(answer(core?.one ?? '', 200), server);
    expect(server.one).toMatch(/^SIP\/2\.0 200 /);
    now = 26_000;
    relaying.sweep();
    expect(server.sent).toEqual([]);
  });

  test("a response goes back without the relay's Via, as often as it comes", () => {
    const sent = invite();
    for (const status of [180, 200, 200]) {
      expect(relaying.receive(answer(sent, status), new FakeLink('192.0.2.77'))).toBe(true);
      expect(lines(server.one, 'Via')).toEqual(['SIP/2.0/UDP 127.1.0.1:5060;rport;branch=z9hG4bKserver1']);
    }
  });

  test('a Contact of the core that is no SIP URI does not reach the server, which would die of it', () => {
    const sent = invite();
    relaying.receive(answer(sent, 200, { Contact: '<tel:+15550100>' }), server);
    expect(lines(server.one, 'Contact')).toEqual([]);
  });

  test('nor does a session timer that would end the server too', () => {
    const sent = invite();
    relaying.receive(answer(sent, 200, { 'Session-Expires': '1;refresher=uac' }), server);
    expect(lines(server.one, 'Session-Expires')).toEqual([]);
  });

  test('the Contact is the errand’s, where it has one', () => {
    const sent = invite({ contact: '*' });
    expect(lines(sent, 'Contact')).toEqual(['*']);
  });

  test.each(['CANCEL', 'ACK'])('%s goes the way of its INVITE, with the same branch', (method) => {
    const sent = invite({ requestUri: 'urn:service:sos' });
    if (method === 'ACK') relaying.receive(answer(sent, 486), server);
    relaying.receive(request(method, 'sip:192.0.2.9', { CSeq: `1 ${method}`, 'Max-Forwards': '70' }), server);
    const follower = core?.one ?? '';
    expect(follower).toMatch(new RegExp(`^${method} urn:service:sos SIP`));
    expect(lines(follower, 'Route')).toEqual(routes);
    expect(branchOf(follower)).toBe(branchOf(sent));
  });

  test('an ACK without Max-Forwards gets one', () => {
    invite();
    relaying.receive(request('ACK', uri).replace('Max-Forwards: 69\r\n', ''), server);
    expect(lines(core?.one ?? '', 'Max-Forwards')).toEqual(['70']);
  });

  test('a repeated request is repeated byte for byte over UDP and swallowed for a connection', () => {
    const headers = post();
    relaying.receive(request('MESSAGE', uri, headers), server);
    const first = core?.one;
    relaying.receive(request('MESSAGE', uri, headers), server);
    expect(core?.one).toBe(first);
    core = new FakeLink('192.0.2.9', 5070, 'tcp');
    const other = { Via: 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKother' };
    for (let i = 0; i < 2; i++) relaying.receive(request('MESSAGE', uri, { ...other, ...post() }), server);
    expect(lines(core.one, 'Via')[0]).toMatch(/^SIP\/2\.0\/TCP 192\.0\.2\.1:7000;branch=/);
  });

  test('an errand serves one request', () => {
    const headers = post();
    relaying.receive(request('MESSAGE', uri, headers), server);
    core?.sent.splice(0);
    relaying.receive(request('MESSAGE', uri, { ...headers, Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKlater' }), server);
    expect(core?.sent).toEqual([]);
    expect(server.one).toMatch(/^SIP\/2\.0 500 /);
  });

  test('an errand header of a UE means nothing and does not harm', () => {
    const [id] = Object.values(post());
    relaying.receive(request('REGISTER', uri, { 'X-Edge80-Errand': 'forged', 'x-edge80-errand': id ?? '' }), server);
    expect(lines(core?.one ?? '', 'X-Edge80-Errand')).toEqual([]);
  });

  describe('in a dialog for which the server has the relay as its next hop', () => {
    const bye = (headers: Record<string, string> = {}) =>
      request('BYE', 'sip:bob@192.0.2.20:5072', {
        Via: 'SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bKbye',
        To: '<sip:bob@ims.example>;tag=b1',
        ...headers,
      });

    beforeEach(() => {
      invite();
      destinations = [];
    });

    test('requests go to the Request-URI, and their responses come back', () => {
      relaying.receive(bye(), server);
      const sent = core?.one ?? '';
      expect(destinations).toEqual([{ address: '192.0.2.20', port: 5072, transport: 'udp' }]);
      relaying.receive(answer(sent, 200), server);
      expect(server.one).toMatch(/^SIP\/2\.0 200 /);
    });

    test('requests go by their Route where they have one, and keep it', () => {
      relaying.receive(bye({ Route: '<sip:192.0.2.30;lr;transport=tcp>' }), server);
      expect(destinations).toEqual([{ address: '192.0.2.30', port: 5060, transport: 'tcp' }]);
      expect(lines(core?.one ?? '', 'Route')).toEqual(['<sip:192.0.2.30;lr;transport=tcp>']);
    });

    test('the ACK to a 2xx goes too, and leaves nothing behind', () => {
      const before = relaying.branches.size;
      relaying.receive(bye().replaceAll('BYE', 'ACK'), server);
      expect(core?.one).toMatch(/^ACK sip:bob@192\.0\.2\.20:5072 /);
      expect(relaying.branches.size).toBe(before);
    });

    test('a request that would come back to the relay is refused', () => {
      relaying.receive(bye().replace('192.0.2.20:5072', '192.0.2.20:7000'), server);
      expect(server.one).toMatch(/^SIP\/2\.0 482 /);
      expect(core?.sent).toEqual([]);
    });

    test('a next hop that cannot be used is told at once', () => {
      relaying.receive(bye({ Route: '<sips:192.0.2.30;lr>' }), server);
      expect(server.one).toMatch(/^SIP\/2\.0 500 /);
    });

    test.each([
      ['another port', () => new FakeLink('192.0.2.1', 5061)],
      ['another address', () => new FakeLink('192.0.2.2')],
      ['a connection', () => new FakeLink('192.0.2.1', 5060, 'tcp')],
    ])('the same from %s goes nowhere', (_, from) => {
      const stranger = from();
      expect(relaying.receive(bye(), stranger)).toBe(false);
      expect(relaying.receive(request('CANCEL', uri), stranger)).toBe(false);
      expect(relaying.receive(request('INVITE', uri), stranger)).toBe(false);
      expect([...stranger.sent, ...(core?.sent ?? [])]).toEqual([]);
      expect(stranger.isProven).toBe(false);
      expect(relaying.dropped).toEqual({ requests: 3, responses: 0 });
    });
  });

  describe('a dialog that begins here has another Call-ID toward the core', () => {
    let sent: string;
    let route: string;
    const inDialog = (method: string, headers: Record<string, string>, uri = 'sip:192.0.2.1:5060') =>
      request(method, uri, { Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKb', To: '<sip:b@c>;tag=b1', ...headers });

    beforeEach(() => {
      sent = invite();
      [route = ''] = lines(sent, 'Record-Route');
      destinations = [];
    });

    test.each(['INVITE', 'SUBSCRIBE'])('%s goes under it, and its responses come back under its own', (method) => {
      relaying.receive(request(method, uri, { ...post(), Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnew' }), server);
      const begun = core?.one ?? '';
      expect(lines(begun, 'Call-ID')).toEqual(['e80-call-1']);
      expect(lines(begun, 'Record-Route')).toEqual([
        expect.stringMatching(/^<sip:[0-9a-f]{32}@192\.0\.2\.1:7000;transport=udp;lr>$/),
      ]);
      relaying.receive(answer(begun, 180), server);
      expect(lines(server.one, 'Call-ID')).toEqual(['call-1']);
    });

    test('CANCEL and the ACK of a refusal go under it too', () => {
      relaying.receive(request('CANCEL', uri), server);
      const cancel = core?.one ?? '';
      expect(lines(cancel, 'Call-ID')).toEqual(['e80-call-1']);
      relaying.receive(answer(cancel, 200), server);
      expect(lines(server.one, 'Call-ID')).toEqual(['call-1']);
      relaying.receive(answer(sent, 487), server);
      relaying.receive(request('ACK', uri), server);
      expect(lines(core?.one ?? '', 'Call-ID')).toEqual(['e80-call-1']);
    });

    test('other requests keep theirs', () => {
      relaying.receive(request('MESSAGE', uri, { ...post(), Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKm' }), server);
      const message = core?.one ?? '';
      expect([lines(message, 'Call-ID'), lines(message, 'Record-Route')]).toEqual([['call-1'], []]);
    });

    test.each(['BYE', 'ACK'])('%s of the server goes on to the core', (method) => {
      const onward = '<sip:192.0.2.30;lr>';
      relaying.receive(inDialog(method, { Route: `${route}, ${onward}` }, 'sip:bob@192.0.2.20'), server);
      const gone = core?.one ?? '';
      expect(destinations).toEqual([{ address: '192.0.2.30', port: 5060, transport: 'udp' }]);
      expect([lines(gone, 'Call-ID'), lines(gone, 'Route')]).toEqual([['e80-call-1'], [onward]]);
    });

    test('a BYE of the core goes to the server, as often as it comes, and its response back', () => {
      const far = new FakeLink('192.0.2.9');
      const toServer = (core = new FakeLink('192.0.2.1'));
      const bye = inDialog('BYE', { Route: route, 'Call-ID': 'e80-call-1' });
      for (let i = 0; i < 2; i++) {
        expect(relaying.receive(bye, far)).toBe(true);
        const arrived = toServer.one;
        expect([lines(arrived, 'Call-ID'), lines(arrived, 'Route')]).toEqual([['call-1'], []]);
        if (i === 1) relaying.receive(answer(arrived, 200), toServer);
      }
      expect(destinations).toEqual([{ address: '192.0.2.1', port: 5060, transport: 'udp' }]);
      expect(lines(far.one, 'Call-ID')).toEqual(['e80-call-1']);
    });

    test('from the core to anywhere else it goes nowhere', () => {
      const far = new FakeLink('192.0.2.9');
      const own = { Route: route, 'Call-ID': 'e80-call-1' };
      relaying.receive(inDialog('BYE', own, 'sip:192.0.2.66'), far);
      relaying.receive(inDialog('ACK', own, 'sip:192.0.2.66').replace('z9hG4bKb', 'z9hG4bKa'), far);
      expect(far.one).toMatch(/^SIP\/2\.0 482 /);
      expect(core?.sent).toEqual([]);
    });

    test.each([
      ['of another dialog', () => ({ Route: route, 'Call-ID': 'e80-call-2' })],
      ['made up', () => ({ Route: '<sip:00000000000000000000000000000000@192.0.2.1:7000;lr>' })],
      ['for the Call-ID of the server', () => ({ Route: route, 'Call-ID': 'call-1' })],
    ])('P17: a Route that is %s makes nobody but the server heard: 481', (_, headers) => {
      const stranger = new FakeLink('192.0.2.9');
      expect(relaying.receive(inDialog('BYE', headers()), stranger)).toBe(false);
      expect(stranger.one).toMatch(/^SIP\/2\.0 481 /);
      expect(relaying.receive(inDialog('ACK', headers()), stranger)).toBe(false);
      expect([...stranger.sent, ...(core?.sent ?? [])]).toEqual([]);
      expect(stranger.isProven).toBe(false);
    });

    test('without a Route nobody but the server is heard', () => {
      const stranger = new FakeLink('192.0.2.9');
      expect(relaying.receive(inDialog('BYE', { 'Call-ID': 'e80-call-1' }), stranger)).toBe(false);
      expect([...stranger.sent, ...(core?.sent ?? [])]).toEqual([]);
    });
  });

  test('a new connection of the server is known by its address', () => {
    relaying.receive(request('MESSAGE', uri, post()), new FakeLink('192.0.2.1', 41_000, 'tcp'));
    core?.sent.splice(0);
    const later = request('BYE', uri, {
      Via: 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKb',
      To: '<sip:bob@ims.example>;tag=b1',
    });
    expect(relaying.receive(later, new FakeLink('192.0.2.1', 41_001, 'tcp'))).toBe(true);
    expect(core?.one).toMatch(/^BYE /);
  });

  test.each([
    ['to nothing', (sent: string) => answer(sent, 200).replace(branchOf(sent), 'z9hG4bKguessed')],
    ['to another method', (sent: string) => answer(sent, 200).replace('1 INVITE', '1 BYE')],
    [
      "without a Via behind the relay's",
      (sent: string) => answer(sent, 200).replace(/\r\nVia: [^\r]*127\.1\.0\.1[^\r]*/, ''),
    ],
    ['without a CSeq', (sent: string) => answer(sent, 200).replace(/CSeq: .*\r\n/, '')],
  ])('a response %s is dropped and counted', (_, change) => {
    const sent = invite();
    expect(relaying.receive(change(sent), server)).toBe(false);
    expect(server.sent).toEqual([]);
    expect(relaying.dropped.requests + relaying.dropped.responses).toBe(1);
  });

  test.each(['', 'HELLO', 'INVITE\r\n\r\n', request('INVITE', uri).replace('1 INVITE', '1 BYE')])(
    'what is no SIP is dropped: %j',
    (text) => {
      expect(relaying.receive(text, server)).toBe(false);
      expect(core?.sent).toEqual([]);
    },
  );

  test('a datagram is cut to its message, and one that was cut off is dropped', () => {
    relaying.receive(`${request('MESSAGE', uri, post(), 'hello')}more`, server);
    expect(core?.one).toMatch(/hello$/);
    const whole = request('MESSAGE', uri, post(), 'hello');
    for (const bad of [whole.slice(0, -1), whole.replace('Length: 5', 'Length: -2')]) {
      expect(relaying.receive(bad, server)).toBe(false);
    }
  });

  test('no link to the next hop: 503, again for a repetition, and its ACK goes no further', () => {
    const onward = core;
    core = undefined;
    const headers = post();
    for (let i = 0; i < 2; i++) {
      relaying.receive(request('INVITE', uri, headers), server);
      const refusal = server.one;
      expect(refusal).toMatch(/^SIP\/2\.0 503 /);
      expect(lines(refusal, 'To')[0]).toMatch(/;tag=./);
      expect(lines(refusal, 'Via')).toEqual(['SIP/2.0/UDP 127.1.0.1:5060;rport;branch=z9hG4bKserver1']);
    }
    relaying.receive(request('ACK', uri), server);
    expect([...server.sent, ...(onward?.sent ?? [])]).toEqual([]);
  });

  test('a link lost: 503 for each request that waits, nothing for those that are answered', () => {
    const waiting = invite();
    relaying.receive(request('MESSAGE', uri, { ...post(), Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKdone' }), server);
    relaying.receive(answer(core?.one ?? '', 200), server);
    relaying.receive(answer(waiting, 180), server);
    server.sent.splice(0);
    if (core) relaying.lost(core);
    expect(lines(server.one, 'CSeq')).toEqual(['1 INVITE']);
    // The core's own answer would come too late.
    expect(relaying.receive(answer(waiting, 200), server)).toBe(false);
  });

  describe('bounds', () => {
    test('an errand that nobody comes for is forgotten', () => {
      const headers = post();
      now = limits.errandLife;
      relaying.sweep();
      expect(relaying.errands.size).toBe(0);
      expect(relaying.receive(request('MESSAGE', uri, headers), server)).toBe(false);
    });

    test('too many errands are refused, and taken again later', () => {
      make({ errands: 2 });
      post();
      post();
      expect(() => post()).toThrow(expect.objectContaining({ code: 'egress-full', sipStatus: 503 }));
      now = limits.errandLife;
      post();
    });

    test('too many branches: 503', () => {
      make({ branches: 1 });
      invite();
      relaying.receive(request('MESSAGE', uri, { ...post(), Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmore' }), server);
      expect(server.one).toMatch(/^SIP\/2\.0 503 /);
      expect(relaying.branches.size).toBe(1);
    });

    test.each([
      ['MESSAGE', [200], limits.afterOther],
      ['INVITE', [], limits.unanswered],
      ['INVITE', [180], limits.ringing],
      ['INVITE', [180, 486], limits.afterInvite],
    ])('%s with responses %j is remembered for %i ms more', (method, statuses, life) => {
      relaying.receive(request(method, uri, post()), server);
      const sent = core?.one ?? '';
      for (const status of statuses) {
        now += 30_000;
        relaying.receive(answer(sent, status), server);
      }
      now += life - 1;
      relaying.sweep();
      expect(relaying.receive(answer(sent, 200), server)).toBe(true);
      now += Math.max(life, limits.afterInvite);
      relaying.sweep();
      expect(relaying.branches.size).toBe(0);
      expect(relaying.receive(answer(sent, 200), server)).toBe(false);
    });
  });

  test('P7: a fork that answers after another gets its ACK each time, and BYEs until one is answered', () => {
    const sent = invite();
    const answered = (tag: string) =>
      answer(sent, 200).replace(/(\r\nTo: [^\r]*?)(;tag=[^\r]*)?\r\n/, `$1;tag=${tag}\r\n`);
    const withContact = (text: string) => text.replace('\r\nCSeq', '\r\nContact: <sip:c@192.0.2.77>\r\nCSeq');
    relaying.receive(answered('A'), core!);
    server.sent.length = 0;
    for (let i = 0; i < 2; i++) expect(relaying.receive(withContact(answered('C')), core!)).toBe(true);
    expect(server.sent).toEqual([]);
    const [ack, bye = '', again] = core!.sent.splice(0);
    expect([ack, again].map((text) => text?.split(' ', 2))).toEqual([
      ['ACK', 'sip:c@192.0.2.77'],
      ['ACK', 'sip:c@192.0.2.77'],
    ]);
    expect(bye).toMatch(/^BYE sip:c@192\.0\.2\.77 SIP.*;tag=C\r\n.*CSeq: 2 BYE/s);
    relaying.sweep();
    expect(core!.one).toBe(bye);
    expect(relaying.receive(answer(bye, 200), core!)).toBe(true);
    relaying.sweep();
    expect(core!.sent).toEqual([]);
  });
});
