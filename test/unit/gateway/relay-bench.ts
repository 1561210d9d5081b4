import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { AvoidedPorts, ConnectionId, ForwardingPlane, RelayPeer } from '../../../lib/gateway/forwarding-plane';
import { defaultLimits, type GatewayLimits } from '../../../lib/gateway/limits';
import { buildStun } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { Arrivals } from './arrivals';
import { TurnUe } from './turn-ue';
import { planeUnderTest } from './plane-under-test';

/** What a UE asks of control: a request that the plane does not understand. */
export const request = (marker: number) =>
  buildStun({ class: 'request', method: 3, transactionId: Buffer.alloc(12, marker) });

export async function udpSocket(host: string): Promise<UdpSocket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}

/** A UDP socket that stands for a port of rtpengine. */
export class Peer {
  readonly packets = new Arrivals<{ packet: Buffer; from: RemoteInfo }>();

  constructor(readonly socket: UdpSocket) {
    socket.on('message', (packet, from) => this.packets.push({ packet, from }));
  }

  get at(): TransportAddress {
    const { address, port } = this.socket.address();
    return { address, port };
  }

  async next(): Promise<Buffer> {
    return (await this.packets.next()).packet;
  }
}

/** A UE with a relayed address. */
export interface Relayed {
  ue: TurnUe;
  connection: ConnectionId;
  address: TransportAddress;
}

/** A plane whose connections carry TURN, UEs, and peers. */
export class RelayBench {
  readonly accepted = new Arrivals<ConnectionId>();
  readonly openings: Buffer[] = [];
  readonly messages = new Arrivals<Buffer>();
  readonly relayed = new Arrivals<TransportAddress | undefined>();
  readonly closed = new Arrivals<{ reason: string; dropped: number }>();
  readonly plane: ForwardingPlane;
  /** Called with each message, before it counts as arrived. */
  onMessage: (connection: ConnectionId, message: Buffer) => void = () => undefined;
  time = 1000;
  readonly #sockets: (Socket | UdpSocket)[] = [];

  private constructor(limits: Partial<GatewayLimits>) {
    this.plane = planeUnderTest(
      { ...defaultLimits, ...limits },
      {
        accepted: (connection) => this.accepted.push(connection),
        opening: (_, bytes) => {
          this.openings.push(Buffer.from(bytes));
          return bytes.length < 8 ? 'wait' : { relay: 0 };
        },
        handedOver: () => undefined,
        controlFrame: (connection, message) => {
          this.onMessage(connection, message);
          this.messages.push(Buffer.from(message));
        },
        anchorDatagram: () => undefined,
        mediaHeard: () => undefined,
        relayed: (_, address) => this.relayed.push(address),
        drained: () => undefined,
        closed: (_, reason, { dropped }) => this.closed.push({ reason, dropped }),
      },
      () => this.time,
    );
  }

  static async open(limits: Partial<GatewayLimits> = {}): Promise<RelayBench> {
    const bench = new RelayBench(limits);
    await bench.plane.listen([{ address: '127.0.0.1', port: 0 }]);
    return bench;
  }

  async dial(): Promise<{ ue: TurnUe; connection: ConnectionId }> {
    const socket = connect({ port: this.plane.address()[0]!.port, host: '127.0.0.1', noDelay: true });
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return { ue: new TurnUe(socket), connection: await this.accepted.next() };
  }

  async dialRelayed(toward = '127.0.0.1', avoid: AvoidedPorts = []): Promise<Relayed> {
    const { ue, connection } = await this.dial();
    ue.send(request(1));
    await this.messages.next();
    this.plane.openRelay(connection, toward, avoid);
    return { ue, connection, address: (await this.relayed.next())! };
  }

  async peer(host = '127.0.0.1'): Promise<Peer> {
    const socket = await udpSocket(host);
    this.#sockets.push(socket);
    return new Peer(socket);
  }

  /** A UE and a peer that it may reach, by this channel if one is given. */
  async pair(channel?: number, host = '127.0.0.1'): Promise<Relayed & { peer: Peer }> {
    const [peer, relayed] = [await this.peer(host), await this.dialRelayed(host)];
    this.permit(relayed.connection, peer, { channel });
    return { ...relayed, peer };
  }

  permit(connection: ConnectionId, { at }: Peer, changes: Partial<RelayPeer> = {}): void {
    this.plane.permit(connection, { named: at, at, ...changes });
  }

  get drops(): Record<string, number> {
    return this.plane.counters().drops;
  }

  /** Lets the sockets work until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      if ('destroy' in socket) socket.destroy();
      else socket.close();
    }
    await this.plane.close();
    expect(this.plane.counters().open).toBe(0);
  }
}
