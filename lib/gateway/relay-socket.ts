import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TransportAddress } from '../ice/transport-address';

/** Takes what comes to a relayed address. */
export interface RelaySocketListener {
  received(packet: Buffer, from: RemoteInfo): void;
  failed(): void;
}

/** Bytes that may wait in the kernel's way toward rtpengine before packets are dropped. */
const maxQueuedBytes = 256 * 1024;

/** Ports that are tried before there is none. */
const maxTries = 16;

/** Any port: nothing is sent to it. */
const probedPort = 9;

/** The UDP socket at the relayed address of one TURN connection, open to any peer. */
export class RelaySocket {
  readonly address: TransportAddress;
  readonly #socket: Socket;
  readonly #listener: RelaySocketListener;
  #isClosed = false;
  readonly #sent = (fault: Error | null): void => {
    if (fault !== null && !this.#isClosed) this.#listener.failed();
  };

  private constructor(socket: Socket, listener: RelaySocketListener) {
    const { address, port } = socket.address();
    this.address = { address, port };
    this.#socket = socket;
    this.#listener = listener;
    socket.on('message', (packet, from) => {
      if (!this.#isClosed) listener.received(packet, from);
    });
    socket.on('error', () => listener.failed());
  }

  /**
   * On the address of ours from which `toward` is reached.
   * @param avoid ports that it must not have
   * @throws the system's error, or Error if only avoided ports are free
   */
  static async open(toward: string, avoid: readonly number[], listener: RelaySocketListener): Promise<RelaySocket> {
    const own = await sourceToward(toward);
    const avoided: Socket[] = [];
    try {
      while (avoided.length < maxTries) {
        const socket = newSocket(toward);
        socket.bind({ address: own, port: 0, exclusive: true });
        await once(socket, 'listening');
        if (!avoid.includes(socket.address().port)) return new RelaySocket(socket, listener);
        avoided.push(socket);
      }
    } finally {
      for (const socket of avoided) socket.close();
    }
    throw new Error('No port is free but those to avoid.');
  }

  /** False if the packet was dropped: the kernel does not take more. */
  send(packet: Buffer, to: TransportAddress): boolean {
    if (this.#isClosed || this.#socket.getSendQueueSize() > maxQueuedBytes) return false;
    this.#socket.send(packet, to.port, to.address, this.#sent);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** To connect asks the routes alone. */
async function sourceToward(toward: string): Promise<string> {
  const probe = newSocket(toward);
  try {
    probe.connect(probedPort, toward);
    await once(probe, 'connect');
    return probe.address().address;
  } finally {
    probe.close();
  }
}

function newSocket(toward: string): Socket {
  return createSocket(toward.includes(':') ? 'udp6' : 'udp4');
}
