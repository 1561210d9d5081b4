import { EventEmitter } from 'node:events';
import type { CarriedBodies } from '../drachtio/fence/carried-bodies';
import type { EstablishedDialog } from '../drachtio/fence/ue-dialogs';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import type { Accepted } from '../port/accepted';
import type { HttpServing } from '../port/http-serving';
import { shareLimits, type ShareLimits } from '../shares/limits';
import { RequestShares } from '../shares/request-shares';
import type { SipTap } from '../wire/sip-tap';
import { hostPort } from '../wire/sip-uri';
import type { UeFlow, HeldRegistration } from './ue-flow';
import { AccessPoints, type AccessPoint } from './access-points';
import { Accounts } from './accounts';
import { Arrivals, type ArrivalCounts, type UePlace } from './arrivals';
import { CallOwners } from '../drachtio/fence/call-owners';
import { defaultLimits, type AccessLimits } from './limits';
import { gateSurroundings, type GateSurroundings, type Unserved } from './request-gate';
import type { Certificate } from './tls';
import type { ConnectedUe } from './connected-ue';
import { UeConnection } from './ue-connection';

export interface AccessListenerOptions {
  /** Points of its own, which take SIP alone; those of shared ports are taken elsewhere. */
  listen: readonly AccessPoint[];
  /** Addresses that UEs are shown in place of the one that they dialled on a shared port, one per family. */
  shown?: readonly string[];
  /** Serves HTTP and WebSocket on shared ports; unset: such connections are closed. */
  http?: HttpServing;
  /** Takes TURN inside TLS; unset: it is closed. */
  turn?: ((accepted: Accepted) => void) | undefined;
  /** Needed where a point is `tls`; unset: connections with TLS to shared ports are closed. */
  tls?: Certificate;
  /** The SIP server's TCP contact for UEs; best on loopback. */
  server: { readonly address: string; readonly port: number };
  logger: Logger;
  limits?: Partial<AccessLimits>;
  /** What UEs may take; default: as for an edge of the usual size. */
  shares?: ShareLimits;
  /** The rates of requests, where others count on them as well; default: its own. */
  requests?: RequestShares;
  /** Whether an INVITE for this Request-URI is an emergency call; default: urn:service:sos is (RFC 5031). */
  isEmergency?: (uri: string) => boolean;
  /** Bodies that go past the server, shared with the app; unset: none do. */
  bodies?: CarriedBodies | undefined;
  /** Is told of what UEs send and are sent; unset: nobody is. */
  tap?: SipTap | undefined;
}

export interface AccessCounts extends ArrivalCounts {
  /** Requests that were refused, or that the SIP server did not answer, by the reason. */
  unserved: Readonly<Partial<Record<Unserved, number>>>;
}

/**
 * Takes the connections of UEs, of TCP, TLS and WebSocket, in front of the SIP server, which sees one TCP connection for each.
 *
 * It answers keep-alives (RFC 5626 §4.4.1), tells when a connection has ended, keeps what belongs to a dialog on
 * the connection that the dialog was made on (RFC 5626 §5.3), and lets nothing through to the server that is no SIP:
 * all of which drachtio-server does not do, or not on TLS.
 */
export class AccessListener extends EventEmitter<{ closed: [flow: UeFlow] }> {
  readonly #options: AccessListenerOptions;
  readonly #limits: AccessLimits;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #arrivals: Arrivals;
  readonly #points: AccessPoints;
  readonly #connections = new Set<UeConnection>();
  readonly #flows = new Map<string, { flow: UeFlow; connection: UeConnection }>();
  readonly #callOwners = new CallOwners();
  readonly #accounts: Accounts<UeConnection>;
  readonly #unserved = new Tally<Unserved>();
  readonly #gates: GateSurroundings;
  #serverIsDown = false;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AccessListenerOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger;
    this.#occasionally = new OccasionalLog(options.logger);
    const limits = options.shares ?? shareLimits();
    const known = { ...defaultLimits, ...options.limits };
    // All calls and subscriptions that a UE may have at once are remembered.
    this.#limits = { ...known, calls: Math.max(known.calls, limits.ue.callsAtOnce + limits.ue.subscriptions) };
    this.#accounts = new Accounts(limits.ue.connections);
    this.#gates = gateSurroundings(limits, {
      shares: options.requests ?? new RequestShares(limits),
      isEmergency: options.isEmergency ?? ((uri) => /^urn:service:sos\b/i.test(uri)),
      answer: this.#limits.answer,
      unserved: this.#unserved,
      log: this.#occasionally,
    });
    const { shares } = this.#gates;
    this.#arrivals = new Arrivals({
      ...{ limits: this.#limits, shares: limits, shown: options.shown ?? [], http: options.http, turn: options.turn },
      isKnown: (source) => shares.isKnown(source),
      serve: (connected, place) => this.#serve(connected, place),
      ...{ logger: this.#logger, log: this.#occasionally },
    });
    this.#points = new AccessPoints((point, socket) => this.#arrivals.fromPoint(point, socket), this.#occasionally);
    if (options.tls) this.useCertificate(options.tls);
    else if (options.listen.some(({ transport }) => transport === 'tls')) {
      throw new EdgeError('config-invalid', 'TLS needs a certificate and its key.');
    }
  }

  /**
   * For the connections that come from now on.
   * @throws EdgeError `config-invalid`
   */
  useCertificate(certificate: Certificate): void {
    this.#arrivals.useCertificate(certificate);
  }

  /** Serves a connection to a shared port, by what its first bytes say. */
  take(accepted: Accepted, kind: 'sip' | 'tls' | 'http'): void {
    this.#arrivals.fromSharedPort(accepted, kind);
  }

  /** Where it listens, with the ports that were bound. */
  get points(): readonly AccessPoint[] {
    return this.#points.open;
  }

  counts(): AccessCounts {
    return { ...this.#arrivals.counts(), unserved: this.#unserved.counts() };
  }

  /** How many UE connections there are, with those that have not got as far as the SIP server. */
  get size(): number {
    return this.#arrivals.size;
  }

  /** The UE's connection behind the SIP server's peer with this address and port. */
  flowAt(address: string, port: number): UeFlow | undefined {
    return this.#flows.get(hostPort(address, port))?.flow;
  }

  /** The app got the 2xx that made a dialog of the UE behind the SIP server's peer with this address and port. */
  established(address: string, port: number, dialog: EstablishedDialog): void {
    this.#flows.get(hostPort(address, port))?.connection.established(dialog);
  }

  /** The app says what is registered over the connection behind that peer now; undefined: nothing. */
  registered(address: string, port: number, registration: HeldRegistration | undefined): void {
    this.#flows.get(hostPort(address, port))?.connection.registered(registration);
  }

  /** The app has lost the SIP server, and with it all calls: UEs are told, and keep their connections. */
  endCalls(): void {
    for (const connection of this.#connections) connection.endCalls();
  }

  /** @throws EdgeError `sip-listen-failed`; nothing is left open then. */
  start(): Promise<void> {
    this.#starting ??= this.#listenAll();
    return this.#starting;
  }

  /** Closes all connections too; resolves when nothing is open any more. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #listenAll(): Promise<void> {
    try {
      await this.#points.listen(this.#options.listen);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #closeAll(): Promise<void> {
    const stopped = this.#points.stop();
    this.#arrivals.close();
    await stopped;
    const leaving = [...this.#connections];
    const hurry = setTimeout(() => leaving.forEach((connection) => connection.leave()), this.#limits.lastFarewell);
    await Promise.all(leaving.map(({ gone }) => gone));
    clearTimeout(hurry);
  }

  #serve(connected: ConnectedUe, place: UePlace): void {
    const connection: UeConnection = new UeConnection(
      connected,
      this.#options.server,
      { owners: this.#callOwners, gates: this.#gates, bodies: this.#options.bodies, tap: this.#options.tap },
      this.#limits,
      {
        opened: (flow) => this.#opened(flow, connection),
        refused: (error) => this.#serverRefused(error),
        proved: (account) => {
          this.#arrivals.authenticate(place);
          if (account !== undefined) this.#accounts.join(connection, account)?.close();
        },
        unproved: () => this.#arrivals.forget(place),
        closed: (flow, fault) => {
          if (fault !== undefined) this.#occasionally.error({ err: fault }, 'a message of a UE could not be passed on');
          this.#closed(flow);
        },
      },
    );
    this.#connections.add(connection);
    void connection.gone.then(() => {
      this.#connections.delete(connection);
      this.#accounts.leave(connection);
    });
  }

  #opened(flow: UeFlow, connection: UeConnection): void {
    if (this.#serverIsDown) this.#occasionally.info({}, 'the SIP server takes connections again');
    this.#serverIsDown = false;
    this.#flows.set(hostPort(flow.serverSide.address, flow.serverSide.port), { flow, connection });
    const { id, transport, remoteAddress: address, remotePort: port, serverSide } = flow;
    this.#logger.debug({ flow: id, transport, address, port, serverSide }, 'UE connected');
  }

  #closed(flow: UeFlow | undefined): void {
    if (!flow) return;
    this.#flows.delete(hostPort(flow.serverSide.address, flow.serverSide.port));
    this.#logger.debug({ flow: flow.id }, 'connection of a UE ended');
    this.emit('closed', flow);
  }

  #serverRefused(error: NodeJS.ErrnoException | undefined): void {
    const { address, port } = this.#options.server;
    const code = error?.code;
    if (code === 'EMFILE' || code === 'ENFILE') {
      this.#occasionally.error({ code }, 'too many files are open: UEs cannot be connected to the SIP server');
      return;
    }
    const fields = { address, port, code };
    if (!this.#serverIsDown) this.#occasionally.error(fields, 'the SIP server takes no connections of UEs');
    this.#serverIsDown = true;
  }
}
