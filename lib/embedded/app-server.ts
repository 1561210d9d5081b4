import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { EdgeError } from '../errors';
import { isLoopback } from '../ip-address';
import { AppConnection, type AppFrame } from './app-connection';
import { methods } from './app-requests';
import { AppRoutes } from './app-routes';
import { limits } from './limits';
import { bindError } from '../wire/bind-error';
import { bindTcp, unbound } from '../wire/bound-sockets';

/** Methods that an app may ask for, and the call records that drachtio offers (none are made here). */
const verbs = new Set([...methods, 'CDR:ATTEMPT', 'CDR:START', 'CDR:STOP'].map((verb) => verb.toLowerCase()));

export interface AppServerOptions {
  readonly secret: string;
  /** The contacts as apps are told of them. */
  readonly hostports: () => string;
  readonly version: string;
}

export interface AdminServerEvents {
  /** A `sip` frame of an app that has authenticated. */
  sip(frame: AppFrame, app: AppConnection): void;
  lost(app: AppConnection): void;
}

/**
 * Where apps connect: authentication, routes and pings. On loopback only, for whoever gets in controls all calls.
 */
export class AppServer {
  readonly routes = new AppRoutes();
  readonly #options: AppServerOptions;
  readonly #events: AdminServerEvents;
  #server: Server | undefined;
  readonly #apps = new Set<AppConnection>();

  constructor(options: AppServerOptions, events: AdminServerEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Rejects with an EdgeError. Resolves to the port. */
  async listen(host: string, port: number): Promise<number> {
    if (host !== 'localhost' && !isLoopback(host)) {
      throw new EdgeError('admin-not-local', `The admin address of the embedded edge must be loopback, not ${host}.`);
    }
    const accepting = {
      received: (socket: Socket) => this.#accept(socket),
      // For want of descriptors: the app tries again.
      failed: () => undefined,
    };
    const bound = await bindTcp(host, port, accepting).catch((error: unknown) => {
      throw bindError(`the admin address ${host}:${port}`, error);
    });
    this.#server = bound.server;
    return bound.port;
  }

  /** Resolves when nothing is open any more. */
  async close(): Promise<void> {
    const closed = this.#server && unbound(this.#server);
    for (const app of [...this.#apps]) app.close();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#apps.size >= limits.appConnections) socket.destroy();
    else this.#apps.add(new AppConnection(socket, this.#appEvents));
  }

  #frame(frame: AppFrame, app: AppConnection): void {
    const { id, type, tokens } = frame;
    if (type === '') app.no(id, 'Invalid message format');
    else if (type === 'authenticate') this.#authenticate(frame, app);
    else if (!app.isAuthenticated) app.no(id, 'not authenticated');
    else if (type === 'ping') app.ok(id, ['pong']);
    else if (type === 'route' || type === 'remove_route') {
      const verb = (tokens[0] ?? '').toLowerCase();
      if (!verbs.has(verb)) {
        app.nok(id, 'unknown verb');
        return;
      }
      if (type === 'route') this.routes.add(verb, app);
      else this.routes.remove(verb, app);
      app.ok(id);
    } else if (type === 'sip') this.#events.sip(frame, app);
    else app.no(id, 'Unknown message type');
  }

  #authenticate({ id, tokens }: AppFrame, app: AppConnection): void {
    // Hashed, so that neither time nor length tell of the secret.
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
    if (!timingSafeEqual(digest(Buffer.from(tokens[0] ?? '', 'latin1')), digest(Buffer.from(this.#options.secret)))) {
      app.no(id, 'incorrect secret');
      return;
    }
    app.authenticated();
    const hostports = this.#options.hostports();
    app.ok(id, [hostports, this.#options.version, hostports]);
  }

  readonly #appEvents = {
    frame: (frame: AppFrame, app: AppConnection) => this.#frame(frame, app),
    closed: (app: AppConnection) => {
      this.#apps.delete(app);
      this.routes.removeAll(app);
      if (app.isAuthenticated) this.#events.lost(app);
    },
  };
}
