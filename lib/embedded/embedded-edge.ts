import { AppServer } from './app-server';
import { FrameRefused, type AppConnection, type AppFrame } from './app-connection';
import { AppRequests } from './app-requests';
import { AppResponses } from './app-responses';
import { contactUri, hostport, listeningPoints, type ListeningPoint } from './contact';
import { DialogTable } from './server-dialog';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import type { PeerFlow } from './peer-flow';
import { InboundRequests } from './inbound-requests';
import { limits } from './limits';
import { readMessage } from './received-message';
import type { Outbound } from './outbound';
import { Registrations } from './registrations';
import { Names } from '../wire/names';
import { parseSipMessage } from '../wire/sip-message';
import { endDialog, type Stack } from './stack';
import { Timers } from './timers';
import { ClientTransactions, ServerTransactions } from './transaction-tables';
import { Transport } from './transport';

export interface EmbeddedEdgeOptions {
  /** In drachtio's syntax: `sip:192.0.2.1:5060;transport=udp,tcp`. Port 0 takes a free one. */
  readonly contacts: readonly string[];
  /** Where apps connect; loopback only. Port 0 takes a free one. */
  readonly admin: { readonly host: string; readonly port: number };
  /** What apps have to authenticate with. */
  readonly secret: string;
  readonly logger: Logger;
  /** UEs come by an access listener on this host, to a contact on loopback: it bounds how many connections there are. */
  readonly isFronted?: boolean;
  readonly outbound?: Outbound | undefined;
  /** T1 of RFC 3261 in ms, 500 unless given; all other SIP timers are multiples of it. */
  readonly t1?: number;
}

/** Told to apps as the server's version: drachtio-srf looks for what a server of this version can do. */
const version = 'v0.9.10-edge80-embedded';

const freePortTries = 5;

/**
 * A stand-in for drachtio-server in this process: it speaks its admin protocol to drachtio-srf and SIP over UDP
 * and TCP to the world. For trying edge80 out and for its tests; not meant for a service.
 */
export class EmbeddedEdge {
  readonly #admin: AppServer;
  readonly #transport: Transport;
  readonly #timers: Timers;
  /** Port that apps connect to. */
  adminPort = 0;
  #closed = false;

  private constructor(options: EmbeddedEdgeOptions) {
    this.#timers = new Timers(options.t1);
    this.#transport = new Transport(options, {
      received: (text, flow) => receive(text, flow),
      undelivered: (flow) => stack.clients.undelivered(flow),
    });
    this.#admin = new AppServer(
      { secret: options.secret, version, hostports: () => this.#hostports() },
      { sip: (frame, app) => this.#frame(frame, app), lost: (app) => this.#lost(app) },
    );
    const stack: Stack = {
      logger: options.logger,
      timers: this.#timers,
      transport: this.#transport,
      names: new Names(new Set([4, 6]), limits),
      servers: new ServerTransactions(this.#timers),
      clients: new ClientTransactions(this.#timers),
      dialogs: new DialogTable(),
      registrations: new Registrations(),
      routes: this.#admin.routes,
    };
    const inbound = new InboundRequests(stack);
    const receive = (text: string, flow: PeerFlow) => {
      const received = readMessage(text, flow);
      if (!received) return;
      const { message, bytes } = received;
      if (message.isRequest) inbound.receive(received, flow);
      else stack.clients.of(message)?.receive(message, flow, bytes);
    };
    this.#stack = stack;
    this.#requests = new AppRequests(stack);
    this.#responses = new AppResponses(stack);
  }

  readonly #stack: Stack;
  readonly #requests: AppRequests;
  readonly #responses: AppResponses;

  /** Rejects with an EdgeError of one sentence where an address cannot be had. */
  static async start(options: EmbeddedEdgeOptions): Promise<EmbeddedEdge> {
    const wanted = options.contacts.map(listeningPoints);
    if (wanted.length === 0) throw new EdgeError('contact-unusable', 'The embedded edge needs at least one contact.');
    if (options.secret === '') throw new EdgeError('secret-missing', 'The embedded edge needs a secret.');
    const takesFreePort = wanted.flat().some(({ port }) => port === 0);
    for (let tries = takesFreePort ? freePortTries : 1; ; tries--) {
      const edge = new EmbeddedEdge(options);
      try {
        for (const points of wanted) await edge.#listen(points);
        edge.adminPort = await edge.#admin.listen(options.admin.host, options.admin.port);
        options.logger.debug({ contacts: edge.contacts }, 'the embedded SIP edge listens');
        return edge;
      } catch (error) {
        await edge.close();
        // A port that was free for UDP may be in use for TCP.
        const mayBeFree = error instanceof EdgeError && error.code === 'sip-listen-failed';
        if (tries <= 1 || !mayBeFree) throw error;
      }
    }
  }

  /** The contacts with their real ports, one for each transport: `sip:192.0.2.1:5060;transport=tcp`. */
  get contacts(): string[] {
    return this.#transport.points.map((point) => contactUri(point));
  }

  /** Closes every socket and stops every timer. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.close();
    this.#stack.names.close();
    await Promise.all([this.#admin.close(), this.#transport.close()]);
  }

  /** All transports of one contact on one port. */
  async #listen(points: readonly ListeningPoint[]): Promise<void> {
    const ports = new Map<string, number>();
    for (const point of points) {
      const port = point.port === 0 ? (ports.get(point.host) ?? 0) : point.port;
      const bound = await this.#transport.listen({ ...point, port });
      ports.set(point.host, bound.port);
    }
  }

  #hostports(): string {
    return [...this.#transport.points]
      .sort((a, b) => a.transport.localeCompare(b.transport))
      .map(hostport)
      .join(',');
  }

  #frame(frame: AppFrame, app: AppConnection): void {
    app.obey(frame.id, () => {
      const parsed = parseSipMessage(frame.sip);
      if (!parsed) throw new FrameRefused(`invalid request-uri: ${frame.sip.split('\r\n')[0] ?? ''}`);
      (parsed.message.isRequest ? this.#requests : this.#responses).send(frame, app, parsed.message);
    });
  }

  /** The dialogs of a lost app go to nobody: what comes in them gets 481. */
  #lost(app: AppConnection): void {
    const { dialogs, timers } = this.#stack;
    const owned = dialogs.ownedBy(app);
    for (const dialog of owned) dialog.owner = undefined;
    // Long enough for the far ends to notice, then they are forgotten.
    timers.after(2 * timers.times.ringing, () => owned.forEach((dialog) => endDialog(this.#stack, dialog)));
  }
}
