import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createConnection, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import { SocketCarriage, type Carriage } from './carriage';
import { SipStream, type SipStreamEvents, type SipStreamLimits } from './sip-stream';

/** An end of a SIP transport; IPv6 without brackets. */
interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Where a bound socket brings what it receives; `failed`: what is wrong with single datagrams or connections. */
interface Reception<Received> {
  received: (received: Received, from: Peer) => void;
  failed: (error: Error) => void;
}

/** Shorter datagrams are keep-alives (CRLF, NULs), which want no answer. */
const shortest = 16;

/** Binds UDP on one address; port 0 takes any free one. Text has one character a byte. Rejects as the system does. */
export async function bindUdp(host: string, port: number, { received, failed }: Reception<string>): Promise<UdpSocket> {
  const socket = isIPv6(host) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, resolve);
  });
  socket.removeAllListeners('error').on('error', failed);
  socket.on('message', (datagram, peer) => {
    if (datagram.length >= shortest && peer.port !== 0) received(datagram.toString('latin1'), peer);
  });
  return socket;
}

/** The same for TCP connections; `pauseOnConnect`: nothing is read of them before they are resumed. */
export async function bindTcp(
  host: string,
  port: number,
  { received, failed, pauseOnConnect = false }: Reception<Socket> & { pauseOnConnect?: boolean },
): Promise<{ server: Server; port: number }> {
  const server = createServer({ pauseOnConnect });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: true }, resolve);
  });
  server.removeAllListeners('error').on('error', failed);
  server.on('connection', (socket) => {
    const { remoteAddress: address, remotePort } = socket;
    if (address === undefined || remotePort === undefined) socket.destroy();
    else received(socket, { address, port: remotePort });
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Closes what was bound; resolves once it is closed. */
export async function unbound(bound: { close(done: () => void): unknown }): Promise<void> {
  await new Promise<void>((resolve) => bound.close(() => resolve()));
}

/**
 * A SIP connection with a peer.
 * @param way the accepted socket; or the address to open a connection from: the peer sees the one that Via and Contact
 * name; or what carries a connection that we open
 */
export function sipConnection(
  { address, port }: Peer,
  way: Socket | string | Carriage,
  limits: SipStreamLimits,
  events: SipStreamEvents,
): SipStream {
  if (typeof way === 'string') {
    const socket = createConnection({ host: address, port, localAddress: way });
    return new SipStream(new SocketCarriage(socket), 'dialled', limits, events);
  }
  if ('units' in way) return new SipStream(way, 'dialled', limits, events);
  return new SipStream(new SocketCarriage(way), 'accepted', limits, events);
}
