import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, type AddressInfo } from 'node:net';
import { normalAddress } from '../ip-address';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { bindError } from '../wire/bind-error';
import { hostPort } from '../wire/sip-uri';
import type { NgClients } from './clients';
import type { NgFront } from './front';

export interface NgServerOptions {
  at: { address: string; port: number };
  front: NgFront;
  clients: NgClients;
  logger: Logger;
}

/** ng over UDP: a datagram a message. */
export class NgUdpServer {
  readonly #options: NgServerOptions;
  readonly #socket: Socket;
  readonly #log: OccasionalLog;
  #isClosed = false;

  constructor(options: NgServerOptions) {
    this.#options = options;
    this.#log = new OccasionalLog(options.logger);
    this.#socket = createSocket({ type: isIPv6(options.at.address) ? 'udp6' : 'udp4' });
    this.#socket.on('message', (bytes, from) => void this.#receive(bytes, from));
  }

  /** @throws EdgeError `ng-listen-failed` */
  async start(): Promise<void> {
    const { address, port } = this.#options.at;
    try {
      this.#socket.bind({ address, port, exclusive: true });
      await once(this.#socket, 'listening');
    } catch (error) {
      throw bindError(`UDP ${hostPort(address, port)}`, error, 'ng-listen-failed');
    }
    this.#socket.on('error', (error) => this.#log.warn({ err: error }, 'the ng socket has an error'));
  }

  /** Where it listens, once it does. */
  get address(): AddressInfo {
    return this.#socket.address();
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  async #receive(bytes: Buffer, from: RemoteInfo): Promise<void> {
    const { clients, front } = this.#options;
    if (!clients.admits(from.address)) return;
    const reply = await front.receive(normalAddress(from.address), bytes);
    if (reply === undefined || this.#isClosed) return;
    this.#socket.send(reply, from.port, from.address, (error) => {
      if (error) this.#log.warn({ client: from.address, reason: error.message }, 'an ng reply cannot be sent');
    });
  }
}
