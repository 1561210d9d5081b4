import { randomBytes } from 'node:crypto';
import { attributeType } from '../../../lib/ice/stun-attribute';
import { buildStun, findAttribute } from '../../../lib/ice/stun-message';
import { turnCredential } from '../../../lib/turn/credentials';
import { turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import {
  addressIn,
  anchor,
  channelAttribute,
  epoch,
  family,
  isSignedBy,
  lifetime,
  message,
  outcome,
  peerAt,
  peerAttribute,
  secondsIn,
  secret,
  TurnLab,
  udp,
} from './turn-lab';

const alice = 'alice@ims.example';
const { allocate, refresh, createPermission, channelBind, send } = turnMethod;

let lab: TurnLab;

beforeEach(() => {
  lab = new TurnLab();
});

test('M1: an Allocate without credentials gets 401 with realm and nonce, and one with them an address', () => {
  const client = lab.connect();
  const challenged = client.challenge();
  expect(outcome(challenged)).toBe(401);
  expect(String(findAttribute(challenged, attributeType.realm)?.value)).toBe('edge80');
  expect(client.nonce).toMatch(/^[0-9a-f]{24}$/);
  expect(client.request({ method: allocate, attributes: [udp] })).toBeUndefined();
  expect(client.link.opened).toEqual([['10.0.0.5', []]]);
  client.session.relayed(peerAt(40_001, '10.0.0.5'));
  expect(outcome(message(client.link.sent.at(-1)!))).toBe('success');
});

test('M1, M4: the answer has the relayed address as rtpengine sees it, the own one, and a lifetime, and is signed', () => {
  const client = lab.connect();
  const answer = client.allocate([], peerAt(40_001, '10.0.0.5'));
  expect(outcome(answer)).toBe('success');
  expect(addressIn(answer, turnAttribute.xorRelayedAddress)).toEqual(peerAt(40_001, '10.0.0.5'));
  expect(addressIn(answer, attributeType.xorMappedAddress)).toEqual(client.remote);
  expect(secondsIn(answer)).toBe(600);
  expect(isSignedBy(client, answer)).toBe(true);
  expect(client.link.allocations).toEqual([true]);
});

test('M1: an answer has FINGERPRINT if the request has, and is signed as the request is', () => {
  const client = lab.allocated();
  const answer = client.request({ method: refresh, algorithm: 'sha256' })!;
  expect(findAttribute(answer, attributeType.messageIntegritySha256)).toBeDefined();
  expect(findAttribute(answer, attributeType.fingerprint)).toBeDefined();
  const plain = buildStun({
    ...{ class: 'request', method: allocate, transactionId: randomBytes(12), hasFingerprint: false },
  });
  expect(findAttribute(client.send(plain)!, attributeType.fingerprint)).toBeUndefined();
});

test('M1: Binding says where the UE is seen, without credentials', () => {
  const client = lab.connect();
  const answer = client.challenge(turnMethod.binding);
  expect(outcome(answer)).toBe('success');
  expect(addressIn(answer, attributeType.xorMappedAddress)).toEqual(client.remote);
});

test.each([
  [0, 600],
  [30, 600],
  [900, 900],
  [7200, 3600],
])('M1: an Allocate for %i s is given %i s', (asked, given) => {
  expect(secondsIn(lab.connect().allocate([lifetime(asked)]))).toBe(given);
});

test('M1: a request that comes again gets the same answer', () => {
  const client = lab.connect();
  client.challenge();
  const bytes = client.bytesOf({ method: allocate, attributes: [udp] });
  client.send(bytes);
  // Its address is being opened.
  expect(client.send(bytes)).toBeUndefined();
  expect(client.link.opened).toHaveLength(1);
  client.session.relayed(peerAt(40_001));
  client.send(bytes);
  expect(client.link.sent.at(-1)).toEqual(client.link.sent.at(-2));
  const end = client.bytesOf({ method: refresh, attributes: [lifetime(0)] });
  for (const answer of [client.send(end), client.send(end)]) expect(outcome(answer)).toBe('success');
  expect(client.link.allocations).toEqual([true, false]);
});

const without = (type: number) => (client: ReturnType<TurnLab['connect']>) =>
  client.request({ method: allocate, attributes: [udp], without: type });
const wanting =
  (...attributes: Parameters<ReturnType<TurnLab['connect']>['allocate']>[0] & object) =>
  (client: ReturnType<TurnLab['connect']>) =>
    client.request({ method: allocate, attributes });
const flag = (type: number) => ({ type, value: Buffer.alloc(4) });

test.each([
  [400, 'no REQUESTED-TRANSPORT', wanting()],
  [400, 'a REQUESTED-TRANSPORT that is cut', wanting({ ...udp, value: Buffer.from([17]) })],
  [400, 'a LIFETIME that is cut', wanting(udp, { type: turnAttribute.lifetime, value: Buffer.alloc(2) })],
  [400, 'no USERNAME', without(attributeType.username)],
  [400, 'no REALM', without(attributeType.realm)],
  [400, 'no NONCE', without(attributeType.nonce)],
  [442, 'a TCP relay', wanting({ ...udp, value: Buffer.from([6, 0, 0, 0]) })],
  [440, 'IPv6, which rtpengine does not have', wanting(udp, family(2))],
  [440, 'a family that there is not', wanting(udp, family(3))],
  [420, 'EVEN-PORT', wanting(udp, flag(0x0018))],
  [420, 'DONT-FRAGMENT', wanting(udp, flag(0x001a))],
  [420, 'RESERVATION-TOKEN', wanting(udp, flag(0x0022))],
])('M1: an Allocate gets %i: %s', (code, _, ask) => {
  const client = lab.connect();
  client.challenge();
  expect(outcome(ask(client))).toBe(code);
  expect(client.link.opened).toEqual([]);
  expect(lab.server.counts()).toMatchObject({ allocations: 0, refused: { [code]: 1 } });
});

test('M1: 420 says which attributes are unknown; optional ones are ignored', () => {
  const client = lab.connect();
  client.challenge();
  const answer = client.request({ method: allocate, attributes: [udp, flag(0x0018), flag(0x001a), flag(0x001a)] })!;
  expect(findAttribute(answer, attributeType.unknownAttributes)?.value.toString('hex')).toBe('0018001a');
  expect(outcome(client.allocate([flag(0x8000), flag(0x8022)]))).toBe('success');
});

test('M1: REQUESTED-ADDRESS-FAMILY is served where rtpengine has it', () => {
  const both = new TurnLab({}, [anchor, '2001:db8::1']);
  const client = both.connect();
  const answer = client.allocate([family(2)], { address: '2001:db8::1', port: 40_001 });
  expect(client.link.opened[0]?.[0]).toBe('2001:db8::1');
  expect(addressIn(answer, turnAttribute.xorRelayedAddress)).toEqual({ address: '2001:db8::1', port: 40_001 });
  both.places.tell(30_000, alice);
  expect(outcome(client.permit())).toBe(443);
  expect(outcome(client.bind(30_000))).toBe(443);
  expect(outcome(client.refresh(600, [family(1)]))).toBe(443);
  expect(outcome(client.refresh(600, [family(2)]))).toBe('success');
});

test('M1: 437: an allocation that is there already, is not there yet, or is no more', () => {
  const client = lab.allocated();
  expect(outcome(client.request({ method: allocate, attributes: [udp] }))).toBe(437);
  expect(outcome(client.refresh(0))).toBe('success');
  expect(client.link.isRelayClosed).toBe(true);
  for (const method of [refresh, createPermission, channelBind])
    expect(outcome(client.request({ method, attributes: [peerAttribute(peerAt(1)), channelAttribute(0x4000)] }))).toBe(
      437,
    );
  expect(outcome(client.allocate())).toBe('success');
});

test('M1: 441: the allocation of another user', () => {
  const client = lab.allocated();
  const bob = turnCredential(secret, 'bob', epoch + 60);
  expect(outcome(client.request({ method: refresh, ...bob }))).toBe(441);
  // The same user with a newer credential.
  expect(outcome(client.request({ method: refresh, ...turnCredential(secret, alice, epoch + 9000) }))).toBe('success');
});

test('M1: 438 for a nonce of another connection alone; ours never becomes stale', () => {
  const client = lab.connect();
  client.challenge();
  const other = lab.connect();
  other.challenge();
  const answer = client.request({ method: allocate, attributes: [udp], nonce: other.nonce })!;
  expect(outcome(answer)).toBe(438);
  expect(String(findAttribute(answer, attributeType.nonce)?.value)).toBe(client.nonce);
  expect(outcome(client.allocate())).toBe('success');
  lab.time += 86_400_000;
  expect(outcome(client.refresh())).toBe('success');
});

test('M1: 508 if the system gives no address', () => {
  const client = lab.connect();
  client.challenge();
  client.request({ method: allocate, attributes: [udp] });
  client.session.relayed(undefined);
  expect(outcome(client.send(client.bytesOf({ method: refresh })))).toBe(437);
  expect(lab.server.counts()).toMatchObject({ allocations: 0, refused: { 508: 1, 437: 1 } });
});

test.each([
  ['Connect', 0x00a],
  ['a method that nobody knows', 0x123],
])('M1: %s gets 400', (_, method) => {
  expect(outcome(lab.allocated().request({ method }))).toBe(400);
});

test('M1: CreatePermission and ChannelBind that say too little or too much get 400', () => {
  lab.places.tell(30_000, alice);
  lab.places.tell(30_002, alice);
  const client = lab.allocated();
  const [one, two] = [peerAttribute(peerAt(30_000)), peerAttribute(peerAt(30_002))];
  const cut = { ...one, value: one.value.subarray(0, 6) };
  for (const attributes of [[], [cut], [one, cut]])
    expect(outcome(client.request({ method: createPermission, attributes }))).toBe(400);
  const channel = channelAttribute(0x4000);
  const wrong = [[one], [channel], [channel, cut], [channel, one, two], [channelAttribute(0x3fff), one]];
  for (const attributes of [...wrong, [channelAttribute(0x5000), one]])
    expect(outcome(client.request({ method: channelBind, attributes }))).toBe(400);
  expect(outcome(client.bind(30_000))).toBe('success');
  expect(outcome(client.bind(30_000))).toBe('success');
  // Another peer's channel, and another channel of the peer.
  expect(outcome(client.bind(30_002))).toBe(400);
  expect(outcome(client.bind(30_000, 0x4001))).toBe(400);
});

test('M1: data of a channel, and of Send indications with a permission for port 0, goes to a port of the call', () => {
  lab.places.tell(30_000, alice);
  lab.places.tell(30_002, alice);
  const client = lab.allocated();
  expect(outcome(client.bind(30_000))).toBe('success');
  expect(client.link.permitted.get(30_000)).toEqual({
    ...{ named: peerAt(30_000), at: peerAt(30_000, '10.0.0.5'), channel: 0x4000 },
  });
  expect(outcome(client.permit())).toBe('success');
  expect([...client.link.permitted.keys()]).toEqual([30_000]);
  client.indicate(30_002, 'rtcp');
  expect(client.link.relayed).toEqual([[30_002, 'rtcp']]);
  expect(client.link.permitted.get(30_002)).toEqual({ named: peerAt(30_002), at: peerAt(30_002, '10.0.0.5') });
  // A channel for a peer that has none yet.
  client.bind(30_002, 0x4001);
  expect(client.link.permitted.get(30_002)?.channel).toBe(0x4001);
});

test('M1: what proved nothing can be asked again with the same transaction', () => {
  const client = lab.connect();
  const transactionId = randomBytes(12);
  const first = client.send(buildStun({ class: 'request', method: allocate, transactionId }))!;
  client.nonce = String(findAttribute(first, attributeType.nonce)?.value);
  expect(client.request({ method: allocate, attributes: [udp], transactionId })).toBeUndefined();
  expect(client.link.opened).toHaveLength(1);
});

test('M1: what is no message of STUN ends the connection', () => {
  for (const [fault, bytes] of [
    ['short', Buffer.from('0003', 'hex')],
    ['attribute', Buffer.from('000300042112a4420000000000000000000000000006ffff', 'hex')],
  ] as const) {
    const client = lab.connect();
    client.send(bytes);
    expect(client.link.closedFor).toBe(fault);
  }
  const client = lab.connect();
  const broken = buildStun({ class: 'request', method: allocate, transactionId: randomBytes(12) });
  broken[broken.length - 1]! ^= 1;
  client.send(broken);
  expect(client.link.closedFor).toBe('fingerprint');
});

test('M1: responses and keep-alives are not answered', () => {
  const client = lab.allocated();
  const before = client.link.sent.length;
  for (const type of ['success', 'error', 'indication'] as const)
    client.send(buildStun({ class: type, transactionId: randomBytes(12) }));
  expect(client.link.sent).toHaveLength(before);
  expect(client.link.closedFor).toBeUndefined();
});

test('M1: permissions last 300 s, channels 600 s, allocations as long as was said', () => {
  for (const port of [30_000, 30_002]) lab.places.tell(port, alice);
  const client = lab.allocated();
  client.permit();
  client.bind(30_000);
  client.indicate(30_002);
  const after = (seconds: number) => {
    lab.time += seconds * 1000;
    lab.server.sweep();
    return [...client.link.permitted.keys()];
  };
  expect(after(299)).toEqual([30_000, 30_002]);
  expect(after(1)).toEqual([30_000]);
  client.indicate(30_002);
  expect(lab.server.counts().dropped).toEqual({ 'no-permission': 1 });
  expect(after(299)).toEqual([30_000]);
  client.refresh();
  expect(after(1)).toEqual([]);
  expect(after(598)).toEqual([]);
  expect(client.link.allocations).toEqual([true]);
  after(1);
  expect(client.link.allocations).toEqual([true, false]);
  expect(client.link.isRelayClosed).toBe(true);
  expect(lab.server.counts().allocations).toBe(0);
});

test('M1: a channel that has expired leaves data to indications while there is a permission', () => {
  lab.places.tell(30_000, alice);
  const client = lab.connect();
  client.allocate([lifetime(3600)]);
  client.bind(30_000);
  lab.time += 400_000;
  client.permit();
  lab.time += 250_000;
  lab.server.sweep();
  expect(client.link.permitted.get(30_000)).toEqual({ named: peerAt(30_000), at: peerAt(30_000, '10.0.0.5') });
});

test('M3: the same credential opens nothing after its time, and what it opened goes on', () => {
  const client = lab.allocated();
  const late = lab.connect();
  lab.wall += 3601;
  expect(outcome(late.allocate())).toBe(401);
  expect(outcome(client.refresh())).toBe('success');
  expect(lab.server.counts().credentials).toMatchObject({ expired: 1 });
});

test('M1: Send without data, without a peer, or with DONT-FRAGMENT is dropped', () => {
  lab.places.tell(30_000, alice);
  const client = lab.allocated();
  client.permit();
  const [peer, data] = [peerAttribute(peerAt(30_000)), { type: turnAttribute.data, value: Buffer.from('x') }];
  for (const attributes of [[peer], [data], [peer, data, { type: 0x001a, value: Buffer.alloc(0) }], [peer, peer, data]])
    client.send(buildStun({ class: 'indication', method: send, transactionId: Buffer.alloc(12), attributes }));
  expect(client.link.relayed).toEqual([]);
  expect(lab.server.counts().dropped).toEqual({ malformed: 4 });
});
