import { randomBytes } from 'node:crypto';
import { buildStun } from '../../../lib/ice/stun-message';
import { turnMethod } from '../../../lib/turn/turn-message';
import { anchor, outcome, peerAt, TurnLab, udp } from './turn-lab';

const alice = 'alice@ims.example';

let lab: TurnLab;

beforeEach(() => {
  lab = new TurnLab();
});

test.each([
  ['loopback', '127.0.0.1', 30_000],
  ['the core', '192.0.2.2', 5060],
  ['a host elsewhere', '203.0.113.77', 80],
  ['where rtpengine is bound, by its inner address', '10.0.0.5', 30_000],
  ['the control port of rtpengine', anchor, 2223],
  ['a port that nobody has told', anchor, 30_004],
  ["another user's port", anchor, 30_010],
  ['port 0', anchor, 0],
  ['its own relayed address', '10.0.0.5', 40_001],
  ["another user's relayed address", '10.0.0.5', 40_002],
])('M2: no channel to %s', (_, address, port) => {
  lab.places.tell(30_000, alice);
  lab.places.tell(30_010, 'bob@ims.example');
  const client = lab.allocated(alice);
  expect(outcome(client.bind(port, 0x4000, address))).toBe(403);
  client.permit();
  client.indicate(port, 'evil', address);
  expect(client.link.permitted.size + client.link.relayed.length).toBe(0);
});

test.each(['127.0.0.1', '192.0.2.2', '203.0.113.77', '10.0.0.5', '0.0.0.0', '255.255.255.255'])(
  'M2: no permission for %s',
  (address) => {
    expect(outcome(lab.allocated().permit(address))).toBe(403);
  },
);

test('M2: a permission for an address lets nothing out and nothing in by itself', () => {
  lab.places.tell(30_010, 'bob@ims.example');
  const client = lab.allocated(alice);
  expect(outcome(client.permit(anchor, 30_010))).toBe('success');
  expect(client.link.permitted.size).toBe(0);
  client.indicate(30_010);
  expect(lab.server.counts().dropped).toEqual({ 'forbidden-peer': 1 });
});

test('M2: a port is reached from when the call tells it until the call ends', () => {
  const client = lab.allocated(alice);
  client.permit();
  expect(outcome(client.bind(30_000))).toBe(403);
  client.indicate(30_002);
  lab.places.tell(30_000, alice);
  lab.places.tell(30_002, alice);
  expect(outcome(client.bind(30_000))).toBe('success');
  client.indicate(30_002, 'now');
  expect(client.link.relayed).toEqual([[30_002, 'now']]);
  for (const port of [30_000, 30_002]) lab.places.forget(port);
  expect(client.link.forbidden).toEqual([30_000, 30_002]);
  expect(outcome(client.bind(30_000))).toBe(403);
  client.indicate(30_002, 'later');
  expect(client.link.relayed).toHaveLength(1);
});

test("M2: a port that became another user's is reached no more", () => {
  lab.places.tell(30_000, alice);
  const client = lab.allocated(alice);
  client.bind(30_000);
  lab.places.forget(30_000);
  lab.places.tell(30_000, 'bob@ims.example');
  expect(client.link.permitted.size).toBe(0);
  expect(outcome(client.bind(30_000))).toBe(403);
});

test('M2: all relays of a user lose a port with its call, and those that have ended are told nothing', () => {
  lab.places.tell(30_000, alice);
  const [one, two, gone] = [lab.allocated(alice), lab.allocated(alice), lab.allocated(alice)];
  for (const client of [one, two, gone]) client.bind(30_000);
  gone.session.ended();
  lab.places.forget(30_000);
  expect([one, two, gone].map(({ link }) => link.forbidden)).toEqual([[30_000], [30_000], []]);
});

test('M2: a shared credential reaches the ports of any call, and no other', () => {
  lab.places.tell(30_000, alice);
  for (const client of [lab.allocated('guest'), lab.allocated('')]) {
    expect(outcome(client.bind(30_000))).toBe('success');
    expect(outcome(client.bind(30_004, 0x4001))).toBe(403);
  }
});

test.each(['alice@ims.example', 'sip:alice@ims.example', 'SIPS:Alice@IMS.example:5061', 'sip:%61lice@ims.example'])(
  'M2: a credential may spell its user %s',
  (user) => {
    lab.places.tell(30_000, alice);
    expect(outcome(lab.allocated(user).bind(30_000))).toBe('success');
  },
);

test.each(['alice', 'alice@ims.example.evil', 'alice@ims.example ', 'bob@ims.example', ':alice@ims.example'])(
  'M2: a credential of %s is none of alice@ims.example',
  (user) => {
    lab.places.tell(30_000, alice);
    expect(outcome(lab.allocated(user).bind(30_000))).toBe(403);
  },
);

test('M3: wrong credentials: 401, counted, and the end of the connection after a few', () => {
  const client = lab.connect();
  client.challenge();
  const guess = () => client.request({ method: turnMethod.allocate, attributes: [udp], password: 'guess' });
  for (let i = 0; i < 5; i++) expect(outcome(guess())).toBe(401);
  expect(guess()).toBeUndefined();
  expect(client.link.closedFor).toBe('relay-credentials');
  expect(lab.server.counts().credentials).toEqual({ 'no-credentials': 1, wrong: 6 });
});

test('M3: a place that guesses on many connections is not answered any more; the right ones there are', () => {
  lab = new TurnLab({ wrongOfSource: { perSecond: 1, burst: 3 } });
  const guess = () => {
    const client = lab.connect('mallory');
    client.challenge();
    return outcome(client.request({ method: turnMethod.allocate, attributes: [udp], password: 'guess' }));
  };
  expect([guess(), guess(), guess(), guess(), guess()]).toEqual([401, 401, 401, undefined, undefined]);
  expect(outcome(lab.connect().allocate())).toBe('success');
  const elsewhere = lab.connect('mallory', '192.0.2.99');
  elsewhere.challenge();
  expect(outcome(elsewhere.request({ method: turnMethod.allocate, attributes: [udp], password: 'guess' }))).toBe(401);
});

test.each(['', 'alice', '99999999999999999:alice', '9'.repeat(10), '-1:alice', '1e9:alice', 'guest:x'])(
  'M3: the user name %s with a password of our secret for another is nobody',
  (username) => {
    const client = lab.connect();
    client.challenge();
    expect(outcome(client.request({ method: turnMethod.allocate, attributes: [udp], username }))).toBe(401);
  },
);

test('M3: a user has so many relays, and others have theirs', () => {
  lab = new TurnLab({ allocationsOfUser: 2 });
  const clients = [lab.allocated(alice), lab.allocated(alice, '192.0.2.50')];
  expect(outcome(lab.connect('sip:Alice@ims.example').allocate())).toBe(486);
  expect(outcome(lab.connect('bob').allocate())).toBe('success');
  clients[0]!.session.ended();
  expect(outcome(lab.connect(alice).allocate())).toBe('success');
});

test('M3: a place has so many relays, whoever they are of', () => {
  lab = new TurnLab({ allocationsOfSource: 2, allocationsOfUser: 1 });
  lab.allocated('guest');
  lab.allocated('guest');
  expect(outcome(lab.connect('bob').allocate())).toBe(486);
  expect(outcome(lab.connect('bob', '192.0.2.50').allocate())).toBe('success');
});

test('M3: all have so many relays', () => {
  lab = new TurnLab({ allocations: 1 });
  const client = lab.allocated();
  expect(outcome(lab.connect('bob', '192.0.2.50').allocate())).toBe(508);
  client.refresh(0);
  expect(outcome(lab.connect('bob', '192.0.2.50').allocate())).toBe('success');
});

test('M3: channels, permissions and peers of an allocation have an end', () => {
  lab = new TurnLab({ channels: 2, peers: 3, permissions: 1 }, [anchor, '198.51.100.2']);
  for (const port of [30_000, 30_002, 30_004, 30_006, 30_008]) lab.places.tell(port, alice);
  const client = lab.allocated();
  expect(outcome(client.permit())).toBe('success');
  expect(outcome(client.permit('198.51.100.2'))).toBe(508);
  expect(outcome(client.bind(30_000, 0x4000))).toBe('success');
  expect(outcome(client.bind(30_002, 0x4001))).toBe('success');
  expect(outcome(client.bind(30_004, 0x4002))).toBe(508);
  client.indicate(30_006);
  client.indicate(30_008);
  expect([...client.link.permitted.keys()]).toEqual([30_000, 30_002, 30_006]);
  expect(lab.server.counts().dropped).toEqual({ 'too-many-peers': 1 });
});

test('M2: a connection that makes control look at too much is closed', () => {
  lab = new TurnLab({ looks: { perSecond: 10, burst: 50 } });
  const client = lab.allocated();
  let sent = 0;
  while (client.link.closedFor === undefined && sent < 1000) {
    client.indicate(9, 'to nowhere');
    sent += 1;
  }
  expect([client.link.closedFor, sent]).toEqual(['relay-flood', 49]);
  const slow = lab.allocated();
  for (let i = 0; i < 500; i++) {
    lab.time += 100;
    slow.indicate(9);
  }
  expect(slow.link.closedFor).toBeUndefined();
});

test('M3: a flood of Allocates, of Bindings or of challenges ends with its connection', () => {
  lab = new TurnLab({ looks: { perSecond: 10, burst: 50 } });
  for (const method of [turnMethod.allocate, turnMethod.binding, turnMethod.refresh]) {
    const client = lab.connect();
    for (let i = 0; i < 51; i++) client.send(buildStun({ class: 'request', method, transactionId: randomBytes(12) }));
    expect(client.link.closedFor).toBe('relay-flood');
  }
  expect(lab.server.counts().allocations).toBe(0);
});

test('M2: relays of one user have each their own port, and with a shared credential one that nobody else has', () => {
  const first = lab.connect(alice);
  first.allocate([], peerAt(40_001));
  const second = lab.allocated('sip:alice@ims.example');
  expect(second.link.opened[0]?.[1]).toEqual([40_001]);
  expect(lab.allocated('bob').link.opened[0]?.[1]).toEqual([]);
  for (const user of ['guest', '']) expect(lab.allocated(user).link.opened[0]?.[1]).toBe('shared');
});

test('M6: a relayed address is known as long as it is there, and whose it is, also of several', () => {
  const client = lab.connect('sip:Alice@ims.example');
  client.allocate([], peerAt(40_001));
  const other = lab.connect('bob');
  other.allocate([], peerAt(40_001));
  const ofAlice = { account: alice, remote: client.remote };
  const ofBob = { account: 'bob', remote: other.remote };
  expect(lab.server.relaysAt(peerAt(40_001))).toEqual([ofAlice, ofBob]);
  expect(lab.server.relaysAt(peerAt(40_002))).toEqual([]);
  client.session.ended();
  expect(lab.server.relaysAt(peerAt(40_001))).toEqual([ofBob]);
  other.session.ended();
  expect(lab.server.relaysAt(peerAt(40_001))).toEqual([]);
});
