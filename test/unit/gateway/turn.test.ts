import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { buildStun, findAttribute } from '../../../lib/ice/stun-message';
import { channelData } from '../../../lib/ice/turn-frames';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { turnCredential } from '../../../lib/turn/credentials';
import { peersOf, turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import { TurnServer } from '../../../lib/turn/turn-server';
import { channelAttribute, FakePlaces, lifetime, message, outcome, peerAttribute } from '../turn/turn-lab';
import { AskingUe } from './asking-ue';
import { planeUnderTest } from './plane-under-test';
import { Peer, udpSocket } from './relay-bench';
import { rtp, sendIndication, TurnUe } from './turn-ue';

const secret = 'the secret of TURN';
const realm = 'edge80';
const host = '127.0.0.1';

let gateway: TcpGateway;
let places: Places;
let sockets: Socket[];
let peers: Peer[];
let time: number;

/** Calls whose media is on loopback. */
class Places extends FakePlaces {
  override usersAt({ port }: TransportAddress) {
    return super.usersAt({ address: '198.51.100.1', port });
  }
}

async function open({ limits = {}, hasTurn = true }: { limits?: Partial<GatewayLimits>; hasTurn?: boolean } = {}) {
  const logger = pino({ level: 'silent' });
  const turn = new TurnServer({
    ...{ credentials: { realm, secret }, places, advertised: ['198.51.100.1'], logger },
    boundAt: () => host,
    now: () => time,
  });
  gateway = new TcpGateway({
    ...{ listen: [{ address: host, port: 0 }], advertised: [], logger, limits, plane: planeUnderTest },
    ...(hasTurn && { relays: turn }),
  });
  await gateway.listen();
}

beforeEach(() => {
  [places, sockets, peers, time] = [new Places(), [], [], 0];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const { socket } of peers) socket.close();
  await gateway.close();
  expect(gateway.counters().open).toBe(0);
});

async function dial(): Promise<TurnUe> {
  const socket = connect({ port: gateway.address()[0]!.port, host, noDelay: true });
  sockets.push(socket);
  const ue = new TurnUe(socket);
  await once(socket, 'connect');
  return ue;
}

class Ue extends AskingUe {
  /** @param user `all`: with a shared credential */
  constructor(turn: TurnUe, user = 'alice') {
    super(turn, turnCredential(secret, user === 'all' ? undefined : user, 4_000_000_000));
  }
}

/** A port of rtpengine that alice's call has. */
async function mediaPort(): Promise<Peer> {
  const peer = new Peer(await udpSocket(host));
  peers.push(peer);
  places.tell(peer.at.port, 'alice');
  return peer;
}

const named = ({ at }: Peer) => ({ address: '198.51.100.1', port: at.port });

test('M1, M2: media passes both ways by a channel and by indications, until the call ends', async () => {
  await open();
  const ue = new Ue(await dial());
  const relayed = await ue.allocate();
  expect(relayed.address).toBe(host);
  const [one, two] = [await mediaPort(), await mediaPort()];
  expect(outcome(await ue.ask(turnMethod.channelBind, channelAttribute(0x4000), peerAttribute(named(one))))).toBe(
    'success',
  );
  ue.turn.send(channelData(0x4000, rtp(1)), sendIndication(named(two), rtp(2)));
  expect(await one.next()).toEqual(rtp(1));
  // The channel brought the permission for the address, and the first indication opens the port.
  expect(await two.next()).toEqual(rtp(2));
  two.socket.send(rtp(3), relayed.port, host);
  const indicated = message(await ue.turn.frames.next());
  expect(peersOf(indicated)).toEqual([named(two)]);
  expect(findAttribute(indicated, turnAttribute.data)?.value).toEqual(rtp(3));
  one.socket.send(rtp(4), relayed.port, host);
  expect(await ue.turn.frames.next()).toEqual(channelData(0x4000, rtp(4)));
  places.forget(one.at.port);
  ue.turn.send(channelData(0x4000, rtp(5)));
  expect(outcome(await ue.ask(turnMethod.refresh))).toBe('success');
  expect(gateway.counters().drops['not-permitted']).toBe(1);
});

test('M2: data before its permission, and to a port of no call, goes nowhere', async () => {
  await open();
  const ue = new Ue(await dial());
  await ue.allocate();
  const [own, other] = [await mediaPort(), new Peer(await udpSocket(host))];
  peers.push(other);
  ue.turn.send(sendIndication(named(own), rtp(1)));
  expect(outcome(await ue.ask(turnMethod.createPermission, peerAttribute({ address: '198.51.100.1', port: 0 })))).toBe(
    'success',
  );
  ue.turn.send(
    sendIndication(named(other), rtp(2)),
    sendIndication(named(own), rtp(3)),
    sendIndication(named(own), rtp(4)),
  );
  expect(await own.next()).toEqual(rtp(3));
  expect(await own.next()).toEqual(rtp(4));
  expect(gateway.counters().toAnchor.rtp).toBe(2);
});

test('M2: whoever has a shared credential gets nothing of what comes for another, whatever they bind first', async () => {
  await open();
  const peer = await mediaPort();
  const bind = (ue: Ue) => ue.ask(turnMethod.channelBind, channelAttribute(0x4000), peerAttribute(named(peer)));
  const thieves: Ue[] = [];
  for (let i = 0; i < 5; i++) {
    const thief = new Ue(await dial(), 'all');
    await thief.allocate();
    expect(outcome(await bind(thief))).toBe('success');
    thieves.push(thief);
  }
  const ue = new Ue(await dial());
  const { port } = await ue.allocate();
  expect(outcome(await bind(ue))).toBe('success');
  ue.turn.send(channelData(0x4000, rtp(1)));
  expect(await peer.next()).toEqual(rtp(1));
  peer.socket.send(rtp(2), port, host);
  expect(await ue.turn.frames.next()).toEqual(channelData(0x4000, rtp(2)));
  for (const { turn } of thieves) expect(turn.frames.length).toBe(0);
});

test('M1: where there is no TURN, its opening is strange', async () => {
  await open({ hasTurn: false });
  const ue = await dial();
  ue.send(buildStun({ class: 'request', method: turnMethod.allocate, transactionId: randomBytes(12) }));
  await ue.closed;
  expect(gateway.counters().closes['strange-opening']).toBe(1);
});

test('M3: who has no relayed address in time is disconnected', async () => {
  await open({ limits: { authenticationMs: 50 } });
  const ue = await dial();
  ue.send(buildStun({ class: 'request', method: turnMethod.allocate, transactionId: randomBytes(12) }));
  await ue.closed;
  expect(gateway.counters().closes['authentication-timeout']).toBe(1);
});

test('M3: who has one stays, is no stranger, and is one again without it', async () => {
  await open({ limits: { authenticationMs: 300, unauthenticated: 1, unauthenticatedPerAddress: 1, graceMs: 0 } });
  const ue = new Ue(await dial());
  await ue.allocate();
  expect(gateway.counters().authenticated).toBe(1);
  // One is a stranger after it, and another one displaces that.
  const strangers = [await dial(), await dial(), await dial()];
  await Promise.race(strangers.map(({ closed }) => closed));
  expect(outcome(await ue.ask(turnMethod.refresh))).toBe('success');
  expect(outcome(await ue.ask(turnMethod.refresh, lifetime(0)))).toBe('success');
  expect(gateway.counters().authenticated).toBe(0);
  await ue.turn.closed;
});

test('M3: what has expired is given back, and its connection ends', async () => {
  await open({ limits: { authenticationMs: 50, watchMs: 10 } });
  const ue = new Ue(await dial());
  await ue.allocate();
  time += 601_000;
  await ue.turn.closed;
  expect(gateway.counters().closes['authentication-timeout']).toBe(1);
});

test('M2: a flood for control ends its connection and no other', async () => {
  await open();
  const [ue, other] = [new Ue(await dial()), new Ue(await dial())];
  await ue.allocate();
  await other.allocate();
  const nowhere = sendIndication({ address: '192.0.2.2', port: 2223 }, rtp(1));
  for (let i = 0; i < 1100; i++) ue.turn.send(nowhere);
  await ue.turn.closed;
  expect(gateway.counters().closes['relay-flood']).toBe(1);
  expect(outcome(await other.ask(turnMethod.refresh))).toBe('success');
});
