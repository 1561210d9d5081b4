import { once } from 'node:events';
import { connect as connectPlain, createServer as createPlain, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { pino } from 'pino';
import { defaultLimits } from '../../../lib/gateway/limits';
import { NodeForwardingPlane } from '../../../lib/gateway/node-forwarding-plane';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { channelData } from '../../../lib/ice/turn-frames';
import { selfSigned } from '../access/self-signed';
import { Arrivals } from './arrivals';
import { Peer, request, udpSocket } from './relay-bench';
import { rtp, TurnUe } from './turn-ue';

const channel = 0x4001;
const remote = { address: '192.0.2.1', port: 4711 };
const local = { address: '198.51.100.1', port: 443 };

let servers: Server[];
let sockets: Socket[];

beforeEach(() => {
  servers = [];
  sockets = [];
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** The UE's end and ours of a connection, inside TLS if there is a certificate. */
async function connection(certificate?: { cert: string | Buffer; key: string | Buffer }): Promise<[Socket, Socket]> {
  const accepted = new Arrivals<Socket>();
  const take = (socket: Socket) => accepted.push(socket.pause());
  const server = certificate ? createTls(certificate, take) : createPlain(take);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const at = { host: '127.0.0.1', port };
  const near = certificate ? connectTls({ ...at, rejectUnauthorized: false }) : connectPlain(at);
  const far = await accepted.next();
  sockets.push(near, far);
  return [near, far];
}

test('M1: TURN inside TLS is carried by the plane that took the connection, from what was read to tell it', async () => {
  const messages = new Arrivals<Buffer>();
  const relayed = new Arrivals<unknown>();
  const closed = new Arrivals<string>();
  const accepted: unknown[] = [];
  const plane = new NodeForwardingPlane(
    { ...defaultLimits },
    {
      accepted: (...told) => accepted.push(told),
      opening: () => ({ relay: 0 }),
      handedOver: () => undefined,
      controlFrame: (_, message) => messages.push(Buffer.from(message)),
      anchorDatagram: () => undefined,
      mediaHeard: () => undefined,
      relayed: (_, address) => relayed.push(address),
      drained: () => undefined,
      closed: (_, reason) => closed.push(reason),
    },
    () => 0,
  );
  const [near, far] = await connection(selfSigned('turn.example'));
  const ue = new TurnUe(near);
  ue.send(request(1));
  const [read] = (await once(far.resume(), 'data')) as [Buffer];
  far.pause();
  far.unshift(read);
  plane.adopt({ socket: far, remote, local });
  expect(await messages.next()).toEqual(request(1));
  expect(accepted).toEqual([[1, remote, local]]);
  plane.openRelay(1, '127.0.0.1', []);
  const peer = new Peer(await udpSocket('127.0.0.1'));
  const address = (await relayed.next()) as { address: string; port: number };
  plane.permit(1, { named: peer.at, at: peer.at, channel });
  const before = plane.status(1)!.received;
  ue.send(channelData(channel, rtp(1)));
  expect(await peer.next()).toEqual(rtp(1));
  expect(plane.status(1)!.received).toBeGreaterThan(before);
  peer.socket.send(rtp(2), address.port, address.address);
  expect(await ue.frames.next()).toEqual(channelData(channel, rtp(2)));
  near.end();
  expect(await closed.next()).toBe('peer');
  peer.socket.close();
  await plane.close();
});

test('M1: the gateway counts what it took from elsewhere, and closes it with all else', async () => {
  const logger = pino({ level: 'silent' });
  const gateway = new TcpGateway({ listen: [{ address: '127.0.0.1', port: 0 }], advertised: [], logger });
  await gateway.listen();
  const [near, far] = await connection();
  gateway.adopt({ socket: far, remote, local });
  expect(gateway.counters()).toMatchObject({ accepted: 1, open: 1, closes: { shutdown: 0 } });
  const ended = once(near.resume(), 'close');
  await gateway.close();
  await ended;
  expect(gateway.counters()).toMatchObject({ accepted: 1, open: 0, closes: { shutdown: 1 } });
  const [late, farLate] = await connection();
  gateway.adopt({ socket: farLate, remote, local });
  await once(late.resume(), 'close');
  expect(gateway.counters().accepted).toBe(1);
});
