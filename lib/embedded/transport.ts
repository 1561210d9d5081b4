import type { Socket as UdpSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { isLoopback } from '../ip-address';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Holdings } from '../shares/holdings';
import { sameFamily, type ListeningPoint } from './contact';
import type { PeerFlow } from './peer-flow';
import { limits } from './limits';
import { bindError } from '../wire/bind-error';
import { bindTcp, bindUdp, sipConnection, unbound } from '../wire/bound-sockets';
import type { Carriage } from '../wire/carriage';
import type { Destination, TransportName } from '../wire/link';
import { hostPort } from '../wire/sip-uri';
import type { SipStream } from '../wire/sip-stream';
import type { Outbound } from './outbound';
import { sourceFor } from './source-address';

export interface TransportEvents {
  received(text: string, flow: PeerFlow): void;
  /** What was sent over a connection that was to be opened has reached nobody. */
  undelivered(flow: PeerFlow): void;
}

/** A connection, accepted or opened by us; either side may send requests on it. */
type TcpFlow = PeerFlow & Pick<SipStream, 'close'>;

function udpFlow(local: ListeningPoint, socket: UdpSocket, address: string, port: number): PeerFlow {
  const send = (text: string) => {
    try {
      // An error is as good as a lost datagram: the timers of the transaction deal with both.
      socket.send(Buffer.from(text, 'latin1'), port, address, () => undefined);
    } catch {
      return; // The edge is closed.
    }
  };
  return { local, remoteAddress: address, remotePort: port, isOpen: true, send };
}

/**
 * SIP's transport layer (RFC 3261 §18): the sockets of all contacts and the connections of TCP.
 *
 * A TCP connection, whoever opened it, is used for anything whose next hop equals its remote address and port.
 */
export class Transport {
  readonly #occasionally: OccasionalLog;
  readonly #told: TransportEvents;
  readonly #points: ListeningPoint[] = [];
  readonly #udp = new Map<ListeningPoint, UdpSocket>();
  readonly #servers: Server[] = [];
  /** The newest to each remote address and port; one peer port may be connected to several contacts. */
  readonly #connections = new Map<string, TcpFlow>();
  readonly #open = new Set<TcpFlow>();
  /** Those of them that count against our own limits. */
  readonly #bounded = new Set<TcpFlow>();
  readonly #perAddress = new Holdings();
  readonly #isFronted: boolean;
  readonly #outbound: Outbound | undefined;
  #closed = false;

  /** `isFronted`: what comes from loopback to a contact on loopback is an access listener, which has limits of its own. */
  constructor(
    { logger, isFronted = false, outbound }: { logger: Logger; isFronted?: boolean; outbound?: Outbound | undefined },
    told: TransportEvents,
  ) {
    this.#occasionally = new OccasionalLog(logger);
    this.#outbound = outbound;
    this.#isFronted = isFronted;
    this.#told = told;
  }

  get points(): readonly ListeningPoint[] {
    return this.#points;
  }

  /** Binds a contact. Rejects with an EdgeError that names it. */
  async listen(wanted: ListeningPoint): Promise<ListeningPoint> {
    try {
      return wanted.transport === 'udp' ? await this.#listenUdp(wanted) : await this.#listenTcp(wanted);
    } catch (error) {
      throw bindError(`${hostPort(wanted.host, wanted.port)} (${wanted.transport})`, error);
    }
  }

  /**
   * The flow to a destination: a connection that stands, or a new one.
   * `undefined` if no contact has the transport and address family, or there are too many connections.
   *
   * @param from contact to send from, for what belongs to a call that came in there.
   */
  flowTo(destination: Destination, from?: ListeningPoint): PeerFlow | undefined {
    const { transport, address, port } = destination;
    if (transport === 'tcp') {
      const standing = this.#connections.get(hostPort(address, port));
      if (standing?.isOpen) return standing;
    }
    const local = this.#pointFor(transport, address, from);
    if (!local) return undefined;
    if (transport === 'tcp') {
      const isRefused = this.#closed || this.#isFull(address);
      return isRefused ? undefined : this.#connection(local, { address, port }, local.host);
    }
    const socket = this.#udp.get(local);
    return socket && udpFlow(local, socket, address, port);
  }

  /** The connection of a UE that has one way out, which stands or is opened. */
  outbound(): PeerFlow | undefined {
    const [point] = this.#points;
    if (!this.#outbound || !point || this.#closed) return undefined;
    const { remote, naming } = this.#outbound;
    const standing = this.#connections.get(hostPort(remote.address, remote.port));
    if (standing?.isOpen) return standing;
    return this.#connection({ ...point, naming }, remote, this.#outbound.dial());
  }

  /** Whether an address is one of ours. */
  isOwn(host: string, port: number): boolean {
    return this.#points.some((point) => point.host === host && point.port === port);
  }

  hasTransport(transport: TransportName): boolean {
    return this.#points.some((point) => point.transport === transport);
  }

  /** Resolves when nothing is open any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const closing = [...this.#udp.values(), ...this.#servers].map(unbound);
    this.#udp.clear();
    this.#servers.length = 0;
    for (const connection of [...this.#open]) connection.close();
    await Promise.all(closing);
  }

  #pointFor(transport: TransportName, address: string, from?: ListeningPoint): ListeningPoint | undefined {
    const fitting = this.#points.filter((point) => point.transport === transport && sameFamily(point.host, address));
    const same = from && fitting.find((point) => point.host === from.host && point.port === from.port);
    if (same) return same;
    const hosts = [...new Set(fitting.map((point) => point.host))];
    const host = from && hosts.includes(from.host) ? from.host : sourceFor(address, hosts);
    return fitting.find((point) => point.host === host);
  }

  async #listenUdp(wanted: ListeningPoint): Promise<ListeningPoint> {
    const socket = await bindUdp(wanted.host, wanted.port, {
      received: (text, { address, port }) => this.#told.received(text, udpFlow(point, socket, address, port)),
      failed: (error) => this.#failed(error, point),
    });
    const point = { ...wanted, port: socket.address().port };
    this.#udp.set(point, socket);
    this.#points.push(point);
    return point;
  }

  async #listenTcp(wanted: ListeningPoint): Promise<ListeningPoint> {
    const { server, port } = await bindTcp(wanted.host, wanted.port, {
      received: (socket, peer) => {
        const isBounded = !(this.#isFronted && isLoopback(point.host) && isLoopback(peer.address));
        if (isBounded && this.#isFull(peer.address)) socket.destroy();
        else this.#connection(point, peer, socket, isBounded);
      },
      failed: (error) => this.#failed(error, point),
    });
    const point = { ...wanted, port };
    this.#servers.push(server);
    this.#points.push(point);
    return point;
  }

  #failed(error: Error, contact: ListeningPoint): void {
    this.#occasionally.warn({ err: error, contact }, 'what is received at a SIP contact has an error');
  }

  /** @param way the accepted socket, or the address to open a connection from, or what carries one that we open */
  #connection(
    local: ListeningPoint,
    remote: { address: string; port: number },
    way: Socket | string | Carriage,
    isBounded = true,
  ): PeerFlow {
    const { address, port } = remote;
    const key = hostPort(address, port);
    const stream = sipConnection(remote, way, limits, {
      message: (text) => this.#told.received(text, flow),
      closed: (whileConnecting, fault) => {
        this.#open.delete(flow);
        if (this.#connections.get(key) === flow) this.#connections.delete(key);
        if (this.#bounded.delete(flow)) this.#perAddress.giveBack(address);
        if (whileConnecting) this.#told.undelivered(flow);
        if (fault !== undefined) throw fault as Error;
      },
    });
    const flow: TcpFlow = {
      ...{ local, remoteAddress: address, remotePort: port },
      get isOpen() {
        return stream.isOpen;
      },
      send: (text) => stream.send(text),
      close: () => stream.close(),
    };
    this.#open.add(flow);
    this.#connections.set(key, flow);
    if (isBounded) {
      this.#bounded.add(flow);
      this.#perAddress.take(address, Infinity);
    }
    return flow;
  }

  #isFull(address: string): boolean {
    return (
      this.#bounded.size >= limits.tcpConnections || this.#perAddress.of(address) >= limits.tcpConnectionsPerAddress
    );
  }
}
