import type { TransportAddress } from '../../../lib/ice/transport-address';
import { ToldPlaces } from '../../../lib/media/told-places';
import { parseSdp } from '../../../lib/sdp/sdp';

const host = '198.51.100.1';
const alice = ['alice@ims.example'];
const bob = ['bob@ims.example'];
const at = (port: number, address = host): TransportAddress => ({ address, port });
const sdp = (...lines: string[]) =>
  parseSdp(['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', `c=IN IP4 ${host}`, 't=0 0', ...lines, ''].join('\r\n'));

let told: ToldPlaces;
let forgotten: number[];

beforeEach(() => {
  told = new ToldPlaces();
  forgotten = [];
  told.onForgotten(({ port }) => forgotten.push(port));
});

/** Of the ports from 30000 on, those that alice's call has told. */
function portsOf(...lines: string[]): number[] {
  told.ofCall(alice).tell('access', sdp(...lines));
  return Array.from({ length: 20 }, (_, i) => 30_000 + i).filter((port) => told.usersAt(at(port)) !== undefined);
}

const candidate = (component: number, transport: string, port: number) =>
  `a=candidate:1 ${component} ${transport} 1 ${host} ${port} typ host`;

test.each<[string, string[], number[]]>([
  ['RTP and RTCP', ['m=audio 30000 RTP/AVP 0'], [30_000, 30_001]],
  ['RTCP on a port of its own', ['m=audio 30000 RTP/AVP 0', 'a=rtcp:30007'], [30_000, 30_001, 30_007]],
  [
    'candidates',
    ['m=audio 9 RTP/AVP 0', 'c=IN IP4 0.0.0.0', candidate(1, 'UDP', 30_004), candidate(2, 'UDP', 30_005)],
    [30_004, 30_005],
  ],
  ['T.38', ['m=image 30000 udptl t38'], [30_000, 30_001]],
  ['RTP over TCP, whose port is the gateway’s', ['m=audio 30000 TCP/RTP/AVP 0', candidate(1, 'UDP', 30_004)], [30_004]],
  [
    'a candidate of TCP',
    ['m=audio 30000 RTP/AVP 0', `${candidate(1, 'TCP', 30_010)} tcptype passive`],
    [30_000, 30_001],
  ],
  ['a line that is declined', ['m=audio 0 RTP/AVP 0'], []],
  ['MSRP', ['m=message 30000 TCP/MSRP *'], []],
  ['what rtpengine passes unread', ['m=application 30000 UDP/BFCP *', candidate(1, 'UDP', 30_004)], []],
])('M2: a UE is told of ports for %s', (_, lines, ports) => {
  expect(portsOf(...lines)).toEqual(ports);
});

test('M2: what the core was told is none of a UE', () => {
  told.ofCall(alice).tell('core', sdp('m=audio 30000 RTP/AVP 0'));
  expect(told.usersAt(at(30_000))).toBeUndefined();
  expect(told.hasAddress(host)).toBe(false);
});

test('M2: of a call whose media has ended, messages go on', () => {
  const call = told.ofCall(alice);
  call.tell('core', sdp('m=audio 30000 RTP/AVP 0', 'm=message 30004 TCP/MSRP *'));
  const sides = () =>
    (['udp', 'tcp'] as const).map((transport) =>
      told.sideAt({ ...at(transport === 'udp' ? 30_000 : 30_004), transport }),
    );
  expect(sides()).toEqual(['core', 'core']);
  call.forget('udp');
  expect(sides()).toEqual([undefined, 'core']);
  call.forget();
  expect(sides()).toEqual([undefined, undefined]);
});

test('M2: a port is its call’s until that has no media, and that is told', () => {
  const call = told.ofCall(alice);
  call.tell('access', sdp('m=audio 30000 RTP/AVP 0'));
  call.tell('access', sdp('m=audio 30000 RTP/AVP 0', 'm=video 30002 RTP/AVP 96'));
  expect(told.usersAt(at(30_000))).toBe(alice);
  expect(told.hasAddress(host)).toBe(true);
  expect(forgotten).toEqual([]);
  call.forget();
  expect(forgotten.sort()).toEqual([30_000, 30_001, 30_002, 30_003]);
  expect(told.usersAt(at(30_000))).toBeUndefined();
  expect(told.hasAddress(host)).toBe(false);
});

test('M2: a port that is told to another call is that call’s, and forgotten by the first', () => {
  const first = told.ofCall(alice);
  first.tell('access', sdp('m=audio 30000 RTP/AVP 0'));
  told.ofCall(bob).tell('access', sdp('m=audio 30000 RTP/AVP 0'));
  expect(forgotten).toEqual([30_000, 30_001]);
  first.forget();
  expect(told.usersAt(at(30_000))).toBe(bob);
  expect(forgotten).toEqual([30_000, 30_001]);
});

test('M2: the port above, which nobody said, gives way to a call that has it', () => {
  const first = told.ofCall(alice);
  const withMux = sdp('m=audio 30000 RTP/AVP 0', 'a=rtcp-mux');
  first.tell('access', withMux);
  expect(told.usersAt(at(30_001))).toBe(alice);
  told.ofCall(bob).tell('access', sdp('m=audio 30001 RTP/AVP 0', 'a=rtcp-mux'));
  expect(told.usersAt(at(30_001))).toBe(bob);
  first.tell('access', withMux);
  expect(told.usersAt(at(30_001))).toBe(bob);
  first.forget();
  expect(told.usersAt(at(30_001))).toBe(bob);
});
