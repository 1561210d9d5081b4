import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Admission, type Displacement, type Place } from '../admission/admission';
import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import { shareLimits, type ShareLimits } from '../shares/limits';
import { RequestShares } from '../shares/request-shares';
import { SocketCarriage } from '../wire/carriage';
import type { CarriedBodies } from '../drachtio/fence/carried-bodies';
import { hostPort } from '../wire/sip-uri';
import type { EstablishedDialog } from '../drachtio/fence/ue-dialogs';
import type { AccessFlow, HeldRegistration } from './access-flow';
import { AccessPoints, type AccessPoint } from './access-points';
import { Accounts } from './accounts';
import { CallOwners } from './call-owners';
import { HandshakeGate, type HandshakeRefusal } from './handshake-gate';
import { defaultLimits, type AccessLimits } from './limits';
import { gateSurroundings, type GateSurroundings, type Unserved } from './request-gate';
import { Handshakes, secureContext, type Certificate } from './tls';
import { UeConnection } from './ue-connection';

export interface AccessListenerOptions {
  listen: readonly AccessPoint[];
  /** Needed where a point is `tls`. */
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
}

/** Which limit a connection had to make room for. */
export type AccessDisplacement = Displacement | 'handshake-limit';

export interface AccessCounts {
  strangers: number;
  authenticated: number;
  /** By the limit that they had to make room for. */
  displaced: Readonly<Partial<Record<AccessDisplacement, number>>>;
  /** Connections that had to wait for their TLS handshake, or got none. */
  handshakes: Readonly<Partial<Record<HandshakeRefusal, number>>>;
  /** Requests that were refused, or that the SIP server did not answer, by the reason. */
  unserved: Readonly<Partial<Record<Unserved, number>>>;
}

/**
 * Takes the TCP and TLS connections of UEs in front of the SIP server, which sees one TCP connection for each.
 *
 * It answers keep-alives (RFC 5626 §4.4.1), tells when a connection has ended, keeps what belongs to a dialog on
 * the connection that the dialog was made on (RFC 5626 §5.3), and lets nothing through to the server that is no SIP:
 * all of which drachtio-server does not do, or not on TLS.
 */
export class AccessListener extends EventEmitter<{ closed: [flow: AccessFlow] }> {
  readonly #options: AccessListenerOptions;
  readonly #limits: AccessLimits;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #admission: Admission<Socket>;
  readonly #handshakesUnderWay: Handshakes;
  /** By the limit that a connection had to make room for. */
  readonly #displaced = new Tally<AccessDisplacement>();
  readonly #points: AccessPoints;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<UeConnection>();
  readonly #flows = new Map<string, { flow: AccessFlow; connection: UeConnection }>();
  readonly #callOwners = new CallOwners();
  readonly #accounts: Accounts<UeConnection>;
  readonly #unserved = new Tally<Unserved>();
  readonly #gates: GateSurroundings;
  readonly #handshakes: HandshakeGate;
  #secureContext: SecureContext | undefined;
  #serverIsDown = false;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AccessListenerOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger;
    this.#occasionally = new OccasionalLog(options.logger);
    this.#points = new AccessPoints((point, socket) => this.#accept(point, socket), this.#occasionally);
    const limits = options.shares ?? shareLimits();
    const known = { ...defaultLimits, ...options.limits };
    // All calls and subscriptions that a UE may have at once are remembered.
    this.#limits = { ...known, calls: Math.max(known.calls, limits.ue.callsAtOnce + limits.ue.subscriptions) };
    this.#admission = new Admission(this.#limits, (socket, reason) => this.#displace(socket, reason), monotonicNow);
    this.#accounts = new Accounts(limits.ue.connections);
    const late = (socket: Socket) => this.#displace(socket, 'handshake-limit');
    this.#handshakesUnderWay = new Handshakes(this.#limits, late, monotonicNow);
    this.#gates = gateSurroundings(limits, {
      shares: options.requests ?? new RequestShares(limits),
      isEmergency: options.isEmergency ?? ((uri) => /^urn:service:sos\b/i.test(uri)),
      answer: this.#limits.answer,
      unserved: this.#unserved,
      log: this.#occasionally,
    });
    const { shares } = this.#gates;
    this.#handshakes = new HandshakeGate(limits, {
      isKnown: (source) => shares.isKnown(source),
      patience: this.#limits.handshake,
      log: this.#occasionally,
    });
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
    this.#secureContext = secureContext(certificate);
  }

  /** Where it listens, with the ports that were bound. */
  get points(): readonly AccessPoint[] {
    return this.#points.open;
  }

  counts(): AccessCounts {
    const { strangers, authenticated } = this.#admission.counts();
    return {
      strangers,
      authenticated,
      displaced: this.#displaced.counts(),
      handshakes: this.#handshakes.counts(),
      unserved: this.#unserved.counts(),
    };
  }

  /** How many UE connections there are, with those that have not got as far as the SIP server. */
  get size(): number {
    return this.#sockets.size;
  }

  /** The UE's connection behind the SIP server's peer with this address and port. */
  flowAt(address: string, port: number): AccessFlow | undefined {
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
    for (const socket of [...this.#sockets]) socket.destroy();
    await stopped;
    const leaving = [...this.#connections];
    const hurry = setTimeout(() => leaving.forEach((connection) => connection.leave()), this.#limits.lastFarewell);
    await Promise.all(leaving.map(({ gone }) => gone));
    clearTimeout(hurry);
  }

  #accept(point: AccessPoint, socket: Socket): void {
    const { remoteAddress: address } = socket;
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const place = this.#admission.enter(socket, address);
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#admission.leave(place);
    });
    if (point.transport === 'tcp') this.#serve(point, socket, place);
    else this.#handshakes.enter(socket, address, () => this.#serve(point, this.#secured(socket, address), place));
  }

  #serve(point: AccessPoint, socket: Socket, place: Place<Socket>): void {
    const { remoteAddress: address = '', remotePort: port = 0, localAddress = '', localPort = 0 } = socket;
    const contact = { host: point.shown ?? localAddress, port: localPort };
    const connection: UeConnection = new UeConnection(
      { carriage: new SocketCarriage(socket), transport: point.transport, address, port, contact },
      this.#options.server,
      { owners: this.#callOwners, gates: this.#gates, bodies: this.#options.bodies },
      this.#limits,
      {
        opened: (flow) => this.#opened(flow, connection),
        refused: (error) => this.#serverRefused(error),
        proved: (account) => {
          this.#admission.authenticate(place);
          if (account !== undefined) this.#accounts.join(connection, account)?.close();
        },
        unproved: () => this.#admission.forget(place),
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

  #displace(socket: Socket, reason: AccessDisplacement): void {
    const { remoteAddress: address, remotePort: port } = socket;
    this.#displaced.add(reason);
    this.#logger.debug({ address, port, reason }, 'a connection made room for another one');
    socket.destroy();
  }

  #secured(socket: Socket, address: string): Socket {
    // The constructor has seen to it that there is one.
    if (!this.#secureContext) return socket;
    const { remotePort: port } = socket;
    const tls = this.#handshakesUnderWay.begin(socket, address, this.#secureContext);
    tls.on('error', (error) => this.#logger.debug({ err: error, address, port }, 'TLS connection failed'));
    return tls;
  }

  #opened(flow: AccessFlow, connection: UeConnection): void {
    if (this.#serverIsDown) this.#occasionally.info({}, 'the SIP server takes connections again');
    this.#serverIsDown = false;
    this.#flows.set(hostPort(flow.serverSide.address, flow.serverSide.port), { flow, connection });
    const { id, transport, remoteAddress: address, remotePort: port, serverSide } = flow;
    this.#logger.debug({ flow: id, transport, address, port, serverSide }, 'UE connected');
  }

  #closed(flow: AccessFlow | undefined): void {
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
