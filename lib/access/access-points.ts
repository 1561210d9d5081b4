import { createServer, type Server, type Socket } from 'node:net';
import type { OccasionalLog } from '../ops/occasional-log';
import { bindError } from '../wire/bind-error';
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
    await Promise.all(this.#servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  }

  async #listen(point: AccessPoint): Promise<void> {
    // Of a connection that waits for its TLS handshake nothing is read.
    const pauseOnConnect = point.transport === 'tls';
    const server = createServer({ pauseOnConnect }, (socket) => this.#accept(point, socket));
    this.#servers.push(server);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: point.host, port: point.port, ipv6Only: true }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      throw bindError(`${hostPort(point.host, point.port)} (${point.transport})`, error);
    }
    server.on('error', (error) => this.#log.warn({ err: error, point }, 'access listener error'));
    const bound = server.address();
    this.#open.push({ ...point, port: typeof bound === 'object' && bound ? bound.port : point.port });
  }
}
