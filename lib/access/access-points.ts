import type { Server, Socket } from 'node:net';
import type { OccasionalLog } from '../ops/occasional-log';
import { bindError } from '../wire/bind-error';
import { bindTcp, unbound } from '../wire/bound-sockets';
import { hostPort } from '../wire/sip-uri';

/** Where UEs connect to; port 0: any that is free. */
export interface AccessPoint {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'tls';
  /** The address that UEs are shown, if it differs (1:1 NAT). */
  readonly shown?: string | undefined;
}

/** The places that UEs connect to, from when they are opened. */
export class AccessPoints {
  readonly #accept: (point: AccessPoint, socket: Socket) => void;
  readonly #log: OccasionalLog;
  readonly #servers: Server[] = [];
  readonly #open: AccessPoint[] = [];
  #isStopped = false;

  /** @param accept is given each connection; one to a `tls` point before anything is read of it */
  constructor(accept: (point: AccessPoint, socket: Socket) => void, log: OccasionalLog) {
    this.#accept = accept;
    this.#log = log;
  }

  /** Those that are open, with the ports that were bound. */
  get open(): readonly AccessPoint[] {
    return this.#open;
  }

  /** @throws EdgeError `sip-listen-failed`; those before are open then */
  async listen(points: readonly AccessPoint[]): Promise<void> {
    for (const point of points) await this.#listen(point);
  }

  /** Takes no more connections; resolves when those that were taken have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#servers.map(unbound));
  }

  async #listen(point: AccessPoint): Promise<void> {
    const { host, transport } = point;
    const bound = bindTcp(host, point.port, {
      received: (socket) => this.#accept(point, socket),
      failed: (error) => this.#log.warn({ err: error, point }, 'access listener error'),
      // Of a connection that waits for its TLS handshake nothing is read.
      pauseOnConnect: transport === 'tls',
    });
    const { server, port } = await bound.catch((error: unknown) => {
      throw bindError(`${hostPort(host, point.port)} (${transport})`, error);
    });
    this.#servers.push(server);
    if (this.#isStopped) await this.stop();
    this.#open.push({ ...point, port });
  }
}
