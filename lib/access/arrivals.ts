import { isIP, type Socket } from 'node:net';
import { Admission, type Displacement, type Place } from '../admission/admission';
import type { TransportAddress } from '../ice/transport-address';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import type { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import type { Accepted } from '../port/accepted';
import type { Opening } from '../port/first-bytes';
import type { HttpServing } from '../port/http-serving';
import type { ShareLimits } from '../shares/limits';
import { SocketCarriage, type Carriage } from '../wire/carriage';
import type { UeFlow, UeTransport } from './ue-flow';
import type { AccessPoint } from './access-points';
import { HandshakeGate, type HandshakeRefusal } from './handshake-gate';
import type { AccessLimits } from './limits';
import { readOpening } from './opening-inside';
import { Handshakes, type Certificate } from './tls';
import { TlsDoor } from './tls-door';
import type { ConnectedUe } from './connected-ue';

/** Which limit a connection had to make room for. */
export type AccessDisplacement = Displacement | 'handshake-limit';

/** What a connection brought: SIP by its transport, or HTTP, which may become WebSocket. */
export type Served = UeTransport | 'http' | 'https';

/** A connection's place among all. */
export type UePlace = Place<Socket>;

export interface ArrivalsOptions {
  readonly limits: AccessLimits;
  readonly shares: ShareLimits;
  /** Addresses that UEs are shown in place of the one that they dialled on a shared port, one per family. */
  readonly shown: readonly string[];
  /** Unset: connections that bring HTTP are closed. */
  readonly http: HttpServing | undefined;
  /** Takes TURN inside TLS, with its place here: it counts elsewhere. Unset: it is closed. */
  readonly turn: ((accepted: Accepted) => void) | undefined;
  /** Whether a UE has registered from this place, as `networkOf` names it. */
  isKnown(source: string): boolean;
  serve(connected: ConnectedUe, place: UePlace): void;
  readonly logger: Logger;
  readonly log: OccasionalLog;
}

export interface ArrivalCounts {
  strangers: number;
  authenticated: number;
  /** By the limit that they had to make room for. */
  displaced: Readonly<Partial<Record<AccessDisplacement, number>>>;
  /** Connections that had to wait for their TLS handshake, or got none. */
  handshakes: Readonly<Partial<Record<HandshakeRefusal, number>>>;
  /** Connections by what they turned out to bring. */
  served: Readonly<Partial<Record<Served, number>>>;
  /** Connections that were closed by what they began with inside TLS. */
  refusedInTls: Readonly<Partial<Record<Opening, number>>>;
}

/**
 * What a connection is taken for. `sips`: TLS with SIP inside, whatever comes. `tls`: TLS, and the first bytes inside say
 * what it is (J1).
 */
type ArrivalKind = 'sip' | 'sips' | 'tls' | 'http';

/** What becomes of a connection here. */
interface Ways {
  serve: (carriage: Carriage, transport: UeTransport) => void;
  /** It counts here no more. */
  leave: () => void;
}

/** The connections of UEs up to where they speak SIP: who may come in, TLS, and what a shared port is used for. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #admission: Admission<Socket>;
  /** Where each is, or was said to be. */
  readonly #sockets = new Map<Socket, TransportAddress>();
  readonly #displaced = new Tally<AccessDisplacement>();
  readonly #refusedInTls = new Tally<Opening>();
  readonly #served = new Tally<Served>();
  readonly #handshakes: HandshakeGate;
  readonly #tls: TlsDoor;
  #isClosed = false;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    const { limits, shares, log, logger } = options;
    this.#admission = new Admission(limits, (socket, reason) => this.#displace(socket, reason), monotonicNow);
    this.#handshakes = new HandshakeGate(shares, {
      isKnown: (source) => options.isKnown(source),
      patience: limits.handshake,
      log,
    });
    const late = (socket: Socket) => this.#displace(socket, 'handshake-limit');
    this.#tls = new TlsDoor(this.#handshakes, new Handshakes(limits, late, monotonicNow), logger);
  }

  /**
   * For the connections that come from now on.
   * @throws EdgeError `config-invalid`
   */
  useCertificate(certificate: Certificate): void {
    this.#tls.useCertificate(certificate);
  }

  get size(): number {
    return this.#sockets.size;
  }

  counts(): ArrivalCounts {
    const { strangers, authenticated } = this.#admission.counts();
    return {
      strangers,
      authenticated,
      displaced: this.#displaced.counts(),
      handshakes: this.#handshakes.counts(),
      served: this.#served.counts(),
      refusedInTls: this.#refusedInTls.counts(),
    };
  }

  /** The UE behind the connection is no stranger. */
  authenticate(place: UePlace): void {
    this.#admission.authenticate(place);
  }

  /** It is one again. */
  forget(place: UePlace): void {
    this.#admission.forget(place);
  }

  /** Ends all, and who comes from now on. */
  close(): void {
    this.#isClosed = true;
    for (const socket of [...this.#sockets.keys()]) socket.destroy();
  }

  /** A connection to a point for SIP alone. */
  fromPoint(point: AccessPoint, socket: Socket): void {
    const { remoteAddress, remotePort = 0, localAddress = '', localPort = 0 } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const remote = { address: remoteAddress, port: remotePort };
    const local = { address: localAddress, port: localPort };
    const contact = { host: point.shown ?? localAddress, port: localPort };
    this.#take({ socket, remote, local }, point.transport === 'tls' ? 'sips' : 'sip', contact);
  }

  /** A connection to a shared port, by what its first bytes say. */
  fromSharedPort(accepted: Accepted, kind: 'sip' | 'tls' | 'http'): void {
    const { address, port } = accepted.local;
    const shown = this.#options.shown.find((each) => isIP(each) === isIP(address));
    this.#take(accepted, kind, { host: shown ?? address, port });
  }

  #take(accepted: Accepted, kind: ArrivalKind, contact: UeFlow['contact']): void {
    const { socket, remote } = accepted;
    if (socket.destroyed || this.#isClosed) {
      socket.destroy();
      return;
    }
    const place = this.#admission.enter(socket, remote.address);
    this.#sockets.set(socket, remote);
    // A peer may reset it while it waits for TLS, when nobody else listens: the close is what counts.
    socket.on('error', () => undefined);
    const leave = () => {
      this.#sockets.delete(socket);
      this.#admission.leave(place);
    };
    socket.on('close', leave);
    const serve = (carriage: Carriage, transport: UeTransport) => {
      this.#served.add(transport);
      this.#options.serve({ carriage, transport, ...remote, contact }, place);
    };
    const ways = { serve, leave };
    if (kind === 'sip' || kind === 'http') this.#serveAs(kind, accepted, false, ways);
    else this.#tls.enter(socket, remote.address, (tls) => this.#inTls(kind, { ...accepted, socket: tls }, ways));
  }

  #inTls(kind: 'sips' | 'tls', inside: Accepted, ways: Ways): void {
    if (kind === 'sips') this.#serveAs('sip', inside, true, ways);
    else readOpening(inside.socket, this.#options.limits, (opening) => this.#serveAs(opening, inside, true, ways));
  }

  #serveAs(kind: Opening, accepted: Accepted, isSecure: boolean, { serve, leave }: Ways): void {
    const { http, turn, logger } = this.#options;
    const { socket, remote } = accepted;
    if (kind === 'sip') {
      serve(new SocketCarriage(socket), isSecure ? 'tls' : 'tcp');
      socket.resume();
    } else if (kind === 'http' && http) {
      this.#served.add(isSecure ? 'https' : 'http');
      http.take(accepted, isSecure, (carriage) => serve(carriage, isSecure ? 'wss' : 'ws'));
    } else if (kind === 'turn' && isSecure && turn) {
      leave();
      turn(accepted);
    } else {
      if (isSecure) this.#refusedInTls.add(kind);
      logger.debug(
        { address: remote.address, kind, isSecure },
        'a connection is closed: nothing of this kind is served',
      );
      socket.destroy();
    }
  }

  #displace(socket: Socket, reason: AccessDisplacement): void {
    this.#displaced.add(reason);
    this.#options.logger.debug({ ...this.#sockets.get(socket), reason }, 'a connection made room for another one');
    socket.destroy();
  }
}
