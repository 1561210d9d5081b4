import { randomBytes } from 'node:crypto';
import { attributeType, type StunAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun, findAttribute } from '../../../lib/ice/stun-message';
import { turnCredential } from '../../../lib/turn/credentials';
import { turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import {
  channelAttribute,
  epoch,
  lifetime,
  outcome,
  peerAt,
  peerAttribute,
  secondsIn,
  secret,
  TurnLab,
  udp,
  type Client,
} from './turn-lab';

const alice = 'alice@ims.example';
const { allocate, refresh, createPermission, channelBind } = turnMethod;
const peer = peerAttribute(peerAt(30_000));

let lab: TurnLab;

beforeEach(() => {
  lab = new TurnLab();
  lab.places.tell(30_000, alice);
});

/** What each request needs. */
const needs: [name: string, method: number, attributes: readonly StunAttribute[]][] = [
  ['Refresh', refresh, []],
  ['CreatePermission', createPermission, [peer]],
  ['ChannelBind', channelBind, [channelAttribute(0x4000), peer]],
];

const unserved: [name: string, type: number][] = [
  ['of no RFC', 0x7ffe],
  ['EVEN-PORT', 0x0018],
  ['DONT-FRAGMENT', 0x001a],
  ['PASSWORD-ALGORITHM', 0x001d],
  ['USERHASH', 0x001e],
  ['RESERVATION-TOKEN', 0x0022],
  ['CONNECTION-ID of TCP relays', 0x002a],
];

test.each(needs.flatMap(([name, ...request]) => unserved.map(([what, type]) => ({ name, what, type, request }))))(
  'M1: $name with an attribute that has to be understood ($what) gets 420, which names it, and does nothing',
  ({ type, request: [method, attributes] }) => {
    const client = lab.allocated();
    const odd = { type, value: Buffer.alloc(0) };
    const answer = client.request({ method, attributes: [...attributes, odd] })!;
    expect(outcome(answer)).toBe(420);
    expect(findAttribute(answer, attributeType.unknownAttributes)?.value.readUInt16BE(0)).toBe(type);
    expect(client.link.permitted.size).toBe(0);
    client.indicate(30_000);
    expect(client.link.relayed).toEqual([]);
  },
);

test.each([
  ['ADDITIONAL-ADDRESS-FAMILY', { type: 0x8000, value: Buffer.from([2, 0, 0, 0]) }],
  ['PASSWORD-ALGORITHMS', { type: 0x8002, value: Buffer.from([0, 2, 0, 0]) }],
  ['SOFTWARE', { type: 0x8022, value: Buffer.from('baresip') }],
  ['an empty attribute of no RFC', { type: 0xfffe, value: Buffer.alloc(0) }],
])('M1: %s, which need not be understood, changes nothing', (_, attribute) => {
  expect(outcome(lab.connect().allocate([attribute]))).toBe('success');
});

test('M1: of an attribute that is there twice the first counts', () => {
  const client = lab.connect();
  expect(secondsIn(client.allocate([lifetime(900), lifetime(1200)]))).toBe(900);
  const twice = [channelAttribute(0x4000), channelAttribute(0x4001), peer];
  expect(outcome(client.request({ method: channelBind, attributes: twice }))).toBe('success');
  expect(client.link.permitted.get(30_000)).toMatchObject({ channel: 0x4000 });
});

test.each<[number, string, number, readonly number[]]>([
  [400, 'REQUESTED-TRANSPORT', allocate, [turnAttribute.requestedTransport]],
  [440, 'REQUESTED-ADDRESS-FAMILY', allocate, [udp.type, turnAttribute.requestedAddressFamily]],
  [400, 'LIFETIME', allocate, [udp.type, turnAttribute.lifetime]],
  [400, 'LIFETIME', refresh, [turnAttribute.lifetime]],
  [400, 'XOR-PEER-ADDRESS', createPermission, [turnAttribute.xorPeerAddress]],
  [400, 'XOR-PEER-ADDRESS', channelBind, [turnAttribute.channelNumber, turnAttribute.xorPeerAddress]],
  [400, 'CHANNEL-NUMBER', channelBind, [turnAttribute.channelNumber]],
])('M1: %i: %s of no bytes in a request %i', (code, _, method, types) => {
  const client = method === allocate ? lab.connect() : lab.allocated();
  if (method === allocate) client.challenge();
  const last = types.at(-1);
  const whole = (type: number) => (type === udp.type ? udp : channelAttribute(0x4000));
  const attributes = types.map((type) => (type === last ? { type, value: Buffer.alloc(0) } : whole(type)));
  expect(outcome(client.request({ method, attributes }))).toBe(code);
});

test.each<[number, string, Parameters<Client['request']>[0]]>([
  [401, 'an empty USERNAME', { method: allocate, username: '' }],
  [438, 'an empty NONCE', { method: allocate, nonce: '' }],
  [401, 'an empty password', { method: allocate, password: '' }],
  [401, 'a USERNAME longer than there may be', { method: allocate, username: `${epoch + 60}:${'a'.repeat(600)}` }],
])('M3: %i: %s', (code, _, asked) => {
  const client = lab.connect();
  client.challenge();
  expect(outcome(client.request({ ...asked, attributes: [udp] }))).toBe(code);
  expect(lab.server.counts().allocations).toBe(0);
});

test('M3: what the key of another realm signs is wrong', () => {
  const client = lab.connect();
  client.challenge();
  const bytes = client.bytesOf({ method: allocate, attributes: [udp] });
  const foreign = buildStun({
    ...{ class: 'request', method: allocate, transactionId: randomBytes(12), key: Buffer.alloc(16) },
    attributes: [
      udp,
      ...(['username', 'realm', 'nonce'] as const).map((name) => ({
        type: attributeType[name],
        value: Buffer.from({ username: client.username, realm: 'elsewhere', nonce: client.nonce }[name]),
      })),
    ],
  });
  expect(outcome(client.send(foreign))).toBe(401);
  expect(client.send(bytes)).toBeUndefined();
  expect(client.link.opened).toHaveLength(1);
});

test('M1: a lifetime is at most an hour, whatever is asked for', () => {
  const client = lab.connect();
  expect(secondsIn(client.allocate([lifetime(0xffffffff)]))).toBe(3600);
  expect(secondsIn(client.refresh(0xffffffff))).toBe(3600);
});

test('M3: of two users on one connection the second gets nothing before the first has given back what it has', () => {
  lab.places.tell(30_010, 'bob@ims.example');
  const client = lab.allocated(alice);
  const bob = turnCredential(secret, 'bob@ims.example', epoch + 60);
  const bobs = peerAttribute(peerAt(30_010));
  expect(outcome(client.request({ method: allocate, attributes: [udp], ...bob }))).toBe(437);
  for (const [method, attributes] of [
    [createPermission, [bobs]],
    [channelBind, [channelAttribute(0x4000), bobs]],
    [refresh, [lifetime(0)]],
  ] as const)
    expect(outcome(client.request({ method, attributes, ...bob }))).toBe(441);
  expect(outcome(client.refresh(0))).toBe('success');
  expect(client.request({ method: allocate, attributes: [udp], ...bob })).toBeUndefined();
  client.session.relayed(peerAt(40_009));
  expect(outcome(client.request({ method: channelBind, attributes: [channelAttribute(0x4000), bobs], ...bob }))).toBe(
    'success',
  );
  // And what the first one may reach is not the second one's.
  expect(outcome(client.request({ method: channelBind, attributes: [channelAttribute(0x4001), peer], ...bob }))).toBe(
    403,
  );
});

test('M2: a channel that comes and goes opens no more of them than there may be', () => {
  lab = new TurnLab({ channels: 2, peers: 2 });
  for (const port of [30_000, 30_002, 30_004]) lab.places.tell(port, alice);
  const client = lab.allocated();
  for (let i = 0; i < 100; i++) {
    const port = [30_000, 30_002, 30_004][i % 3]!;
    client.bind(port, 0x4000 + i);
    lab.places.forget(port);
    lab.places.tell(port, alice);
  }
  expect(client.link.permitted.size).toBeLessThanOrEqual(2);
  expect(outcome(client.bind(30_000))).toBe('success');
});
