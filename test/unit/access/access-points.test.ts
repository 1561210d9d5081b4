import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AccessPoints, type AccessPoint } from '../../../lib/access/access-points';
import { createLogger } from '../../../lib/ops/logger';
import { OccasionalLog } from '../../../lib/ops/occasional-log';

let points: AccessPoints;
let taken: [AccessPoint, Socket][];
let took: () => void;

beforeEach(() => {
  taken = [];
  points = new AccessPoints(
    (point, socket) => {
      taken.push([point, socket]);
      took();
    },
    new OccasionalLog(createLogger('silent')),
  );
});

afterEach(async () => {
  for (const [, socket] of taken) socket.destroy();
  await points.stop();
});

const at = (port: number, transport: AccessPoint['transport'] = 'tcp') => ({ host: '127.0.0.1', port, transport });

async function connected(port: number): Promise<Socket> {
  const accepted = new Promise<void>((resolve) => (took = resolve));
  const socket = connect(port, '127.0.0.1');
  await Promise.all([once(socket, 'connect'), accepted]);
  return socket;
}

test('a port that was left to the system is told, and the connections to it as those of its point', async () => {
  await points.listen([at(0), at(0, 'tls')]);
  const [tcp, tls] = points.open;
  expect([tcp?.transport, tls?.transport, points.open.some(({ port }) => port === 0)]).toEqual(['tcp', 'tls', false]);
  const sockets = [await connected(tcp!.port), await connected(tls!.port)];
  expect(taken.map(([{ transport }, socket]) => [transport, socket.isPaused()])).toEqual([
    ['tcp', false],
    ['tls', true],
  ]);
  for (const socket of sockets) socket.destroy();
});

test('a port that somebody has is named in the error, and the points before it are open until they are stopped', async () => {
  await points.listen([at(0)]);
  const { port } = points.open[0]!;
  await expect(points.listen([at(port)])).rejects.toMatchObject({ code: 'sip-listen-failed' });
  expect(points.open).toHaveLength(1);
});

test('stopped, it takes nobody, and waits for the connections that there are', async () => {
  await points.listen([at(0)]);
  const { port } = points.open[0]!;
  const socket = await connected(port);
  let isStopped = false;
  const stopped = points.stop().then(() => (isStopped = true));
  const refused = connect(port, '127.0.0.1');
  await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(isStopped).toBe(false);
  taken[0]?.[1].destroy();
  await stopped;
  socket.destroy();
});

test('stopped while it begins to listen, it leaves nothing open', async () => {
  const listening = points.listen([at(0)]);
  await points.stop();
  await listening;
  const [error] = (await once(connect(points.open[0]!.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});
