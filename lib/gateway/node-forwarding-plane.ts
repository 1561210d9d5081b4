import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';
import type { Accepted } from '../port/accepted';
import { Connection, type ConnectionSurroundings } from './connection';
import { newPlaneCounters, type CloseReason, type PlaneCounters } from './counters';
import type {
  AvoidedPorts,
  ConnectionId,
  ConnectionStatus,
  ForwardingPlane,
  ForwardingPlaneListener,
  RelayPeer,
  StreamContent,
} from './forwarding-plane';
import type { GatewayLimits } from './limits';

/** ms of silence after which the kernel asks whether the UE is still there. */
const keepAliveDelay = 30_000;

/** The forwarding plane on Node's own sockets. */
export class NodeForwardingPlane implements ForwardingPlane {
  readonly #around: ConnectionSurroundings;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #servers: Server[] = [];
  #lastId: ConnectionId = 0;
  #closed = false;

  constructor(limits: GatewayLimits, listener: ForwardingPlaneListener, now: () => number) {
    const left = (id: ConnectionId) => void this.#connections.delete(id);
    this.#around = { limits, listener, now, counters: newPlaneCounters(), left };
  }

  async listen(addresses: readonly TransportAddress[]): Promise<void> {
    // Where both families are asked for, "::" must not take IPv4's port too.
    const ipv6Only = addresses.some(({ address }) => !address.includes(':'));
    try {
      for (const { address, port } of addresses) {
        const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelay });
        server.on('connection', (socket) => this.#accept(socket));
        server.listen({ host: address, port, ipv6Only });
        await once(server, 'listening');
        // Out of file descriptors is the fault that is left: a connection is lost, the listener is not.
        server.on('error', () => (this.#around.counters.acceptErrors += 1));
        this.#servers.push(server);
      }
    } catch (failure) {
      await this.#closeServers();
      throw failure;
    }
  }

  /** Takes a connection that somebody else accepted, such as one inside TLS, as if it had come here. */
  adopt({ socket, remote, local }: Accepted): void {
    if (this.#closed || socket.destroyed) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveDelay);
    this.#take(socket, remote, local);
    socket.resume();
  }

  address(): TransportAddress[] {
    return this.#servers.flatMap((server) => {
      const bound = server.address();
      return bound === null || typeof bound === 'string' ? [] : [{ address: bound.address, port: bound.port }];
    });
  }

  admit(connection: ConnectionId, content: StreamContent): void {
    this.#connections.get(connection)?.admit(content);
  }

  listenForMedia(connection: ConnectionId): void {
    this.#connections.get(connection)?.listenForMedia();
  }

  send(connection: ConnectionId, message: Buffer): void {
    this.#connections.get(connection)?.send(message);
  }

  openAnchor(connection: ConnectionId, anchor: TransportAddress): void {
    this.#connections.get(connection)?.openAnchor(anchor);
  }

  sendToAnchor(connection: ConnectionId, message: Buffer): void {
    this.#connections.get(connection)?.sendToAnchor(message);
  }

  select(connection: ConnectionId, maxAge: number): void {
    this.#connections.get(connection)?.select(maxAge);
  }

  giveWay(connection: ConnectionId, selected: ConnectionId, maxAge: number): void {
    this.#connections.get(connection)?.giveWay(this.#connections.get(selected), maxAge);
  }

  write(connection: ConnectionId, frames: Buffer): void {
    this.#connections.get(connection)?.write(frames);
  }

  pause(connection: ConnectionId): void {
    this.#connections.get(connection)?.pause();
  }

  resume(connection: ConnectionId): void {
    this.#connections.get(connection)?.resume();
  }

  finish(connection: ConnectionId, reason: CloseReason): void {
    this.#connections.get(connection)?.finish(reason);
  }

  openRelay(connection: ConnectionId, toward: string, avoid: AvoidedPorts): void {
    this.#connections.get(connection)?.relay?.open(toward, avoid);
  }

  closeRelay(connection: ConnectionId): void {
    this.#connections.get(connection)?.relay?.giveBack();
  }

  permit(connection: ConnectionId, peer: RelayPeer): void {
    this.#connections.get(connection)?.relay?.permit(peer);
  }

  forbid(connection: ConnectionId, named: TransportAddress): void {
    this.#connections.get(connection)?.relay?.forbid(named);
  }

  relay(connection: ConnectionId, named: TransportAddress, data: Buffer): void {
    this.#connections.get(connection)?.relay?.relay(named, data);
  }

  status(connection: ConnectionId): ConnectionStatus | undefined {
    return this.#connections.get(connection)?.status();
  }

  closeConnection(connection: ConnectionId, reason: CloseReason): void {
    this.#connections.get(connection)?.close(reason);
  }

  counters(): Readonly<PlaneCounters> {
    return structuredClone(this.#around.counters);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of [...this.#connections.values()]) connection.close('shutdown');
    await this.#closeServers();
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    // Reset while it waited to be accepted: there is nobody to talk to.
    const isGone = remoteAddress === undefined || remotePort === undefined;
    if (this.#closed || isGone || localAddress === undefined || localPort === undefined) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const remote = { address: normalAddress(remoteAddress), port: remotePort };
    this.#take(socket, remote, { address: normalAddress(localAddress), port: localPort });
  }

  #take(socket: Socket, remote: TransportAddress, local: TransportAddress): void {
    const connection = new Connection(++this.#lastId, socket, remote, this.#around);
    this.#connections.set(connection.id, connection);
    this.#around.counters.accepted += 1;
    this.#around.counters.open += 1;
    this.#around.listener.accepted(connection.id, remote, local);
  }

  async #closeServers(): Promise<void> {
    const servers = this.#servers.splice(0);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
