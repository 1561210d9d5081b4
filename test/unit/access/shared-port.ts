import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { AccessListener } from '../../../lib/access/access-listener';
import type { Accepted } from '../../../lib/port/accepted';
import { openingOf } from '../../../lib/port/first-bytes';

/** Stands in for the gateway on a shared port: reads first bytes, and hands the listener all but media. */
export class SharedPort {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(listener: AccessListener, told: Partial<Accepted>) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let bytes: Buffer = Buffer.alloc(0);
      const look = (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        const kind = openingOf(bytes, 65_535);
        if (kind === 'undecided') return;
        socket.off('data', look).pause();
        socket.unshift(bytes);
        const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
        const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
        if (kind === 'sip' || kind === 'tls' || kind === 'http')
          listener.take({ socket, remote, local, ...told }, kind);
        else socket.destroy();
      };
      socket.on('data', look);
    });
  }

  /** @param told addresses in place of the real ones, as a trusted proxy names them */
  static async open(listener: AccessListener, told: Partial<Accepted> = {}): Promise<SharedPort> {
    const shared = new SharedPort(listener, told);
    shared.#server.listen(0, '127.0.0.1');
    await once(shared.#server, 'listening');
    return shared;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }
}
