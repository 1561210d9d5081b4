import { CoreHops, type CoreHopsOptions } from '../../../lib/egress/core-hops';
import { nextHopOf } from '../../../lib/egress/errand';
import { limits } from '../../../lib/egress/limits';
import type { Destination } from '../../../lib/wire/link';
import { Relaying } from '../../../lib/egress/relaying';
import { countsOf, telling } from '../ops/told';
import { FakeLink } from './fake-link';
import { answer, lines, request } from './messages';

/* N1: inside a dialog the next hop is what the far end's Contact and Record-Route say. */

const own = { addresses: new Set(['192.0.2.1', '198.51.100.1', '2001:db8::1']), broadcasts: new Set(['192.0.2.255']) };
const options: CoreHopsOptions = {
  own: () => own,
  named: [nextHopOf('sip:192.0.2.9:5070'), nextHopOf('sip:ICSCF.example;transport=tcp')],
  controlPorts: new Set([9022, 2223]),
  privatePorts: new Set([41_000]),
};

function faultOf(uri: string, address = nextHopOf(uri).host, more: Partial<CoreHopsOptions> = {}): string {
  const hop = nextHopOf(uri);
  const at = { address, port: hop.port ?? 5060, transport: hop.transport };
  return new CoreHops({ ...options, ...more }).fault(hop, at) ?? 'none';
}

test.each([
  ['sip:192.0.2.10', 'none'],
  ['sip:203.0.113.7:1024;transport=tcp', 'none'],
  ['sip:[2001:db8::9]:5070', 'none'],
  ['sip:127.0.0.1:6379;transport=tcp', 'loopback'],
  ['sip:127.9.9.9', 'loopback'],
  ['sip:[::1]:6379;transport=tcp', 'loopback'],
  ['sip:[::ffff:127.0.0.1]:6379;transport=tcp', 'loopback'],
  ['sip:[64:ff9b::127.0.0.1]:6379', 'loopback'],
  ['sip:[2002:7f00:1::]:6379', 'loopback'],
  ['sip:0.0.0.0:6379;transport=tcp', 'unspecified'],
  ['sip:[::]:6379;transport=tcp', 'unspecified'],
  ['sip:169.254.169.254:5060;transport=tcp', 'link-local'],
  ['sip:[fe80::1]:5060', 'link-local'],
  ['sip:224.0.1.75', 'multicast'],
  ['sip:[ff02::1]', 'multicast'],
  ['sip:255.255.255.255', 'broadcast'],
  ['sip:192.0.2.255', 'broadcast'],
  ['sip:240.0.0.1', 'reserved'],
  ['sip:192.0.2.1:5060', 'own-address'],
  ['sip:198.51.100.1:80;transport=tcp', 'own-address'],
  ['sip:[2001:db8::1]:5060', 'own-address'],
  ['sip:[64:ff9b::192.0.2.1]:5060', 'own-address'],
  ['sip:192.0.2.10:22;transport=tcp', 'low-port'],
  ['sip:192.0.2.10:9022;transport=tcp', 'control-port'],
  ['sip:192.0.2.10:2223;transport=tcp', 'control-port'],
])('N1: %s is %s', (uri, fault) => {
  expect(faultOf(uri)).toBe(fault);
});

test.each(['sip:localhost:6379;transport=tcp', 'sip:0177.0.0.1:6379', 'sip:127.1:6379', 'sip:evil.example:6379'])(
  'N1: a name counts by the address that it has: %s',
  (uri) => {
    expect(faultOf(uri, '127.0.0.1')).toBe('loopback');
    expect(faultOf(uri, '192.0.2.10')).toBe('none');
  },
);

test('what the settings name is sent to, wherever it is, and nothing else of that host', () => {
  expect(faultOf('sip:icscf.example;transport=tcp', '127.0.0.1')).toBe('none');
  expect(faultOf('sip:icscf.example:6379;transport=tcp', '127.0.0.1')).toBe('loopback');
  expect(faultOf('sip:core.example:80', '192.0.2.9', { named: [nextHopOf('sip:core.example:80')] })).toBe('none');
});

test.each(['sip:127.0.0.1:5070', 'sip:192.0.2.1:5070'])(
  'with the core on this very host, %s, its other ports are sent to, but for those of control',
  (uri) => {
    const trial = { named: [nextHopOf(uri)] };
    expect(faultOf('sip:127.0.0.1:5090', undefined, trial)).toBe('none');
    expect(faultOf('sip:192.0.2.1:5090', undefined, trial)).toBe('none');
    expect(faultOf('sip:127.0.0.1:9022;transport=tcp', undefined, trial)).toBe('control-port');
    expect(faultOf('sip:192.0.2.1:41000;transport=tcp', undefined, trial)).toBe('control-port');
    expect(faultOf('sip:127.0.0.1:80;transport=tcp', undefined, trial)).toBe('low-port');
    expect(faultOf('sip:169.254.169.254', undefined, trial)).toBe('link-local');
  },
);

describe('N1: a far end that answers with routes and a Contact of its own', () => {
  const { logger, lines: told } = telling();
  const core = new FakeLink('192.0.2.9', 5070);
  const server = new FakeLink('192.0.2.1');
  const others: Destination[] = [];
  let relaying: Relaying;

  beforeEach(() => {
    for (const { sent } of [core, server]) sent.length = 0;
    others.length = 0;
    told.length = 0;
    const network = {
      locate: (
        hop: { host: string; port: number | undefined; transport: 'udp' | 'tcp' },
        then: (at: Destination) => void,
      ) => then({ address: hop.host, port: hop.port ?? 5060, transport: hop.transport }),
      linkTo: (to: Destination) => {
        if (to.port === 5070) return core;
        others.push(to);
        return new FakeLink(to.address, to.port, to.transport);
      },
      isOwn: ({ port }: Destination) => port === 7000,
    };
    relaying = new Relaying(network, logger, limits, () => 0, { hops: new CoreHops(options) });
  });

  /** What the server sends inside the dialog, with the routes of the 200. */
  function inDialog(method: string, keepsCallId: boolean, evil: { 'Record-Route'?: string; Contact?: string }): void {
    const errand = relaying.errands.put({ nextHop: 'sip:192.0.2.9:5070', routes: [], keepsCallId });
    relaying.receive(request('INVITE', 'sip:bob@ims.example', { 'X-Edge80-Errand': errand }), server);
    const [invite = ''] = core.sent.splice(0);
    const recorded = [...(evil['Record-Route'] ? [evil['Record-Route']] : []), ...lines(invite, 'Record-Route')];
    const contact = evil.Contact ?? '<sip:bob@192.0.2.9:5070>';
    const [tag, ok] = ['b1', { 'Record-Route': recorded.join(', '), Contact: contact }];
    const text = answer(invite, 200, ok).replace(/^To: (.*)$/m, `To: $1;tag=${tag}`);
    relaying.receive(text, core);
    expect(server.sent.splice(0)).toHaveLength(1);
    const routes = recorded.reverse().join(', ');
    const headers = {
      ...{ Via: `SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK${method}`, Route: routes },
      ...{ To: `<sip:bob@ims.example>;tag=${tag}`, CSeq: `2 ${method}`, 'Content-Type': 'text/plain' },
    };
    relaying.receive(request(method, contact.slice(1, -1), headers, 'FLUSHALL\r\n'), server);
  }

  const service = 'sip:127.0.0.1:6379;transport=tcp';

  test.each(['INFO', 'BYE', 'ACK', 'MESSAGE', 'UPDATE', 'INVITE'])(
    'no %s is sent to a service of this machine',
    (method) => {
      for (const keeps of [true, false]) {
        inDialog(method, keeps, { 'Record-Route': `<${service};lr>` });
        expect([others, server.sent.splice(0).map((text) => text.slice(0, 12))]).toEqual([
          [],
          method === 'ACK' ? [] : ['SIP/2.0 403 '],
        ]);
      }
      expect(countsOf(told)).toEqual({ 'nothing is sent to a next hop that the core names': 1 });
    },
  );

  test('nor by the Contact, where no core records a route', () => {
    inDialog('INFO', false, { Contact: `<${service}>` });
    expect([others, server.sent[0]?.slice(0, 11)]).toEqual([[], 'SIP/2.0 403']);
  });

  test('to a host of the core it is', () => {
    inDialog('INFO', false, { Contact: '<sip:bob@192.0.2.77:5062>' });
    expect(others).toEqual([{ address: '192.0.2.77', port: 5062, transport: 'udp' }]);
  });
});
