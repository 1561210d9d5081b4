import { pino } from 'pino';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { TurnServer } from '../../../lib/turn/turn-server';
import { TurnPort } from '../../../lib/ue/turn-port';
import { Arrivals } from '../gateway/arrivals';
import { Peer, udpSocket } from '../gateway/relay-bench';
import { rtp } from '../gateway/turn-ue';

const host = '127.0.0.1';
const pair = { user: 'guest', password: 'guest-password' };

let gateway: TcpGateway;
let peer: Peer;
let turn: TurnServer;

beforeEach(async () => {
  peer = new Peer(await udpSocket(host));
  const logger = pino({ level: 'silent' });
  const places = {
    usersAt: ({ port }: { port: number }) => (port === peer.at.port ? [] : undefined),
    iceAt: () => undefined,
    hasAddress: () => true,
    onForgotten: () => undefined,
  };
  const credentials = { realm: 'edge80', pair };
  turn = new TurnServer({ credentials, places, advertised: [host], boundAt: (address) => address, logger });
  gateway = new TcpGateway({ listen: [{ address: host, port: 0 }], advertised: [], logger, relays: turn });
  await gateway.listen();
});

afterEach(async () => {
  peer.socket.close();
  await gateway.close();
});

const open = (password = pair.password) => {
  const server = { host, port: gateway.address()[0]!.port, username: pair.user, password };
  return TurnPort.open({ server, local: host, proxy: undefined });
};

test('M5: a UE has a relayed address, by which packets go both ways, and gives it back', async () => {
  const port = await open();
  const packets = new Arrivals<[Buffer, { port: number }]>();
  port.on('packet', (packet, from) => packets.push([packet, from]));
  // The second waits with the first for the channel.
  for (const marker of [1, 2]) port.send(rtp(marker), peer.at);
  expect([await peer.next(), await peer.next()]).toEqual([rtp(1), rtp(2)]);
  peer.socket.send(rtp(3, 171), port.relayed.port, port.relayed.address);
  expect(await packets.next()).toEqual([rtp(3, 171), peer.at]);
  expect(turn.counts().allocations).toBe(1);
  port.close();
  while (turn.counts().allocations > 0) await new Promise(setImmediate);
  while (gateway.counters().open > 0) await new Promise(setImmediate);
});

test('M5: why there is none is told', async () => {
  await expect(open('wrong')).rejects.toMatchObject({ code: 'turn-failed', message: expect.stringMatching(/401/) });
});

test('M5: nobody is there', async () => {
  const server = { host, port: peer.at.port, username: 'a', password: 'b' };
  await expect(TurnPort.open({ server, local: host, proxy: undefined })).rejects.toMatchObject({ code: 'turn-failed' });
});
