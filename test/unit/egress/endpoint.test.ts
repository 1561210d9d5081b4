import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Endpoint } from '../../../lib/egress/endpoint';
import { limits } from '../../../lib/egress/limits';
import type { Link } from '../../../lib/wire/link';
import { request } from './messages';

const host = '127.1.0.1';
const peerHost = '127.1.0.2';
const message = request('OPTIONS', 'sip:127.1.0.1');

describe('the sockets of the egress relay on one address', () => {
  const closers: (() => unknown)[] = [];
  let received: string[];
  let lost: Link[];
  let endpoint: Endpoint;
  let isWanted: (link: Link) => boolean;

  beforeEach(async () => {
    [received, lost] = [[], []];
    isWanted = () => false;
    endpoint = new Endpoint(
      host,
      0,
      { ...limits, dialled: 2, accepted: 2, strangers: 2 },
      {
        message: (text, link) => {
          received.push(text);
          link.prove();
          return true;
        },
        isWanted: (link) => isWanted(link),
        lost: (link) => lost.push(link),
        sent: () => undefined,
      },
    );
    await endpoint.open();
  });

  afterEach(async () => {
    await endpoint.close();
    for (const close of closers.splice(0).reverse()) close();
  });

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await setImmediate();
  }

  async function listening(): Promise<{ server: Server; port: number; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, peerHost);
    closers.push(
      () => server.close(),
      () => sockets.forEach((socket) => socket.destroy()),
    );
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port, sockets };
  }

  async function connected(): Promise<Socket> {
    const socket = connect({ host, port: endpoint.port, localAddress: peerHost, noDelay: true });
    closers.push(() => socket.destroy());
    await once(
      socket.on('error', () => undefined),
      'connect',
    );
    return socket;
  }

  test('N2: of too many next hops that are connected to, the one that was used last longest ago goes', async () => {
    const peers = [await listening(), await listening(), await listening()];
    const to = (at: number) => endpoint.linkTo({ transport: 'tcp', address: peerHost, port: peers[at]!.port });
    const [first, second] = [to(0), to(1)];
    await until(() => peers[0]!.sockets.length === 1 && peers[1]!.sockets.length === 1);
    expect(to(0)).toBe(first);
    await setTimeout(2);
    first?.send(message);
    const third = to(2);
    expect(lost).toEqual([second]);
    expect([to(0), to(2)]).toEqual([first, third]);
    isWanted = (link) => link === first;
    await setTimeout(2);
    third?.send(message);
    to(1);
    expect(lost).toEqual([second, third]);
    isWanted = () => true;
    to(2);
    expect(lost).toEqual([second, third, first]);
  });

  test('one that is lost is told, and connected to anew', async () => {
    const { port, sockets } = await listening();
    const to = () => endpoint.linkTo({ transport: 'tcp', address: peerHost, port });
    const first = to();
    await until(() => sockets.length === 1);
    sockets[0]?.destroy();
    await until(() => lost.length > 0);
    expect(lost).toEqual([first]);
    expect(to()).not.toBe(first);
  });

  test('of peers that have proved themselves the oldest goes, of too many', async () => {
    const peers: Socket[] = [];
    for (let i = 0; i < 3; i++) {
      const socket = await connected();
      peers.push(socket);
      socket.write(message);
      await until(() => received.length === i + 1);
    }
    const ended = once(peers[0]!, 'close');
    await connected();
    await ended;
    peers[1]!.write(message);
    peers[2]!.write(message);
    await until(() => received.length === 5);
  });

  test('keep-alives over UDP are no messages', async () => {
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    socket.bind(0, peerHost);
    await once(socket, 'listening');
    for (const text of ['\r\n\r\n', '', 'x'.repeat(15), message]) socket.send(text, endpoint.port, host);
    await until(() => received.length > 0);
    expect(received).toEqual([message]);
  });

  test('closed, it has links to nobody, and tells of none', async () => {
    const { port, sockets } = await listening();
    const link = endpoint.linkTo({ transport: 'tcp', address: peerHost, port });
    await until(() => sockets.length === 1);
    await endpoint.close();
    await until(() => sockets[0]!.destroyed || sockets[0]!.readableEnded);
    for (const transport of ['udp', 'tcp'] as const)
      expect(endpoint.linkTo({ transport, address: peerHost, port })).toBeUndefined();
    expect([lost, (link as Link & { isOpen: boolean }).isOpen]).toEqual([[], false]);
  });
});
