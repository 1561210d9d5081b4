import type { Socket } from 'node:net';
import { Admission, type Place } from '../admission/admission';
import { isNoStun, receiveCheck, type CheckOutcome } from '../ice/lite-agent';
import type { TransportAddress } from '../ice/transport-address';
import type { Logger } from '../ops/logger';
import type { Accepted } from '../port/accepted';
import type { CloseReason, GatewayCounters } from './counters';
import type {
  ConnectionId,
  ConnectionStatus,
  ForwardingPlane,
  ForwardingPlaneListener,
  OpeningVerdict,
} from './forwarding-plane';
import type { GatewayLimits } from './limits';
import type { RelayCloseReason, RelayLink, RelayServing, RelaySession } from './relay-serving';
import { decideOpening, type Decision, type OtherKind } from './openings';
import type { GatewaySession } from './session';
import type { StreamPath } from './stream';

/** What control knows of one connection. */
interface Access {
  place: Place<ConnectionId>;
  remote: TransportAddress;
  /** What it dialled of ours. */
  local: TransportAddress;
  /** A trusted proxy has yet to say whose it is. */
  isFromProxy: boolean;
  /** What it turned out to be, if that is no media. */
  kind: OtherKind | undefined;
  /** Until the first authenticated check; of TURN, while it has no relayed address. */
  deadline: NodeJS.Timeout | undefined;
  /** Since the first authenticated check. */
  session: GatewaySession | undefined;
  /** Control of TURN, of a connection that carries it. */
  relay: RelaySession | undefined;
  hasRelay: boolean;
}

/** Is told what becomes of those who dial, for whoever looks for the reason. */
export interface ConnectionsObserver {
  /** @param outcome `accepted`, `nominated`, or why it was not taken */
  checked(session: GatewaySession, at: Omit<StreamPath, 'stream'>, outcome: string): void;
  /** It ended without a check that was taken, and is nothing else. */
  stranger(at: Omit<StreamPath, 'stream'>, reason: CloseReason): void;
}

interface ConnectionsOptions<Plane> {
  /** By local ufrag. */
  sessions: ReadonlyMap<string, GatewaySession>;
  limits: GatewayLimits;
  logger: Logger;
  /** ms, rising. */
  now: () => number;
  /** Whether an address is that of a proxy, which names who connects to it (the PROXY protocol). */
  isProxy: (address: string) => boolean;
  /** Takes what is no media; unset: nothing does. */
  others: ((accepted: Accepted, kind: OtherKind) => void) | undefined;
  observer: ConnectionsObserver;
  /** Unset: TURN is nothing of ours. */
  relays: RelayServing | undefined;
  plane: (limits: GatewayLimits, listener: ForwardingPlaneListener, now: () => number) => Plane;
}

/** The connections of a gateway: who may stay, what a check is answered, and for which session each authenticated. */
export class Connections<Plane extends ForwardingPlane = ForwardingPlane> implements ForwardingPlaneListener {
  readonly plane: Plane;
  readonly checks: GatewayCounters['checks'] = { accepted: 0, rejected: 0, ignored: 0 };
  readonly #sessions: ReadonlyMap<string, GatewaySession>;
  readonly #limits: GatewayLimits;
  readonly #logger: Logger;
  readonly #isProxy: ConnectionsOptions<Plane>['isProxy'];
  readonly #others: ConnectionsOptions<Plane>['others'];
  readonly #relays: RelayServing | undefined;
  readonly #observer: ConnectionsObserver;
  readonly #admission: Admission<ConnectionId>;
  readonly #accesses = new Map<ConnectionId, Access>();

  constructor({ sessions, limits, logger, now, isProxy, others, relays, observer, plane }: ConnectionsOptions<Plane>) {
    this.#sessions = sessions;
    this.#limits = limits;
    this.#logger = logger;
    this.#isProxy = isProxy;
    this.#others = others;
    this.#relays = relays;
    this.#observer = observer;
    const displace = (connection: ConnectionId, reason: CloseReason) => this.plane.closeConnection(connection, reason);
    this.#admission = new Admission(limits, displace, now);
    this.plane = plane(limits, this, now);
  }

  /** Open ones that have authenticated. */
  get authenticated(): number {
    return [...this.#accesses.values()].filter(({ session, hasRelay }) => session !== undefined || hasRelay).length;
  }

  accepted(connection: ConnectionId, remote: TransportAddress, local: TransportAddress): void {
    const place = this.#admission.enter(connection, remote.address);
    const deadline = this.#deadline(connection, this.#limits.authenticationMs);
    const isFromProxy = this.#isProxy(remote.address);
    this.#accesses.set(connection, {
      ...{ place, remote, local, deadline, isFromProxy },
      ...{ kind: undefined, session: undefined, relay: undefined, hasRelay: false },
    });
  }

  opening(connection: ConnectionId, bytes: Buffer): OpeningVerdict {
    const access = this.#accesses.get(connection);
    if (access === undefined) return 'wait';
    const { client, ...decision } = decideOpening(bytes, access.isFromProxy, this.#limits.firstFrameBytes);
    if (decision.next === 'wait') return 'wait';
    if (decision.next === 'close' || !this.#isServed(decision.next)) {
      this.plane.closeConnection(connection, decision.next === 'close' ? decision.reason : 'strange-opening');
      return 'wait';
    }
    access.isFromProxy = false;
    if (client !== undefined) this.#comesFrom(connection, access, client);
    if (decision.next === 'hand-over') {
      access.kind = decision.kind;
      return { handOver: decision.from };
    }
    if (decision.next === 'relay') {
      const link = this.#relayLink(connection, access);
      access.relay = this.#relays?.open(link, access.remote);
      return { relay: decision.from };
    }
    return { frames: decision.from, ...(decision.reply && { reply: decision.reply }) };
  }

  handedOver(connection: ConnectionId, socket: Socket): void {
    const access = this.#accesses.get(connection);
    if (access?.kind === undefined) {
      socket.destroy();
      return;
    }
    this.#forget(connection, access);
    const { remote, local, kind } = access;
    this.#logger.debug({ remote, kind }, 'connection is no media');
    this.#others?.({ socket, remote, local }, kind);
  }

  controlFrame(connection: ConnectionId, bytes: Buffer): void {
    const access = this.#accesses.get(connection);
    if (access === undefined) return;
    if (access.isFromProxy) {
      this.plane.closeConnection(connection, 'proxy-header');
      return;
    }
    if (access.relay !== undefined) {
      access.relay.received(bytes);
      return;
    }
    let { session } = access;
    const outcome = receiveCheck({
      bytes,
      peer: access.remote,
      authenticated: session !== undefined,
      // A connection belongs to the stream that it authenticated for: another's password opens nothing here.
      lookup: (ufrag) => {
        session ??= this.#sessions.get(ufrag);
        return session?.stream.ufrag === ufrag ? session.stream : undefined;
      },
    });
    if (outcome.verdict === 'ignored' && session?.received !== undefined && isNoStun(outcome.fault)) {
      session.received(connection, bytes);
    } else {
      this.#act(connection, access, outcome, session);
    }
  }

  mediaHeard(connection: ConnectionId): void {
    this.#sessionOf(connection)?.mediaHeard?.(connection);
  }

  anchorDatagram(connection: ConnectionId, datagram: Buffer): void {
    this.#sessionOf(connection)?.anchorDatagram?.(connection, datagram);
  }

  relayed(connection: ConnectionId, address: TransportAddress | undefined): void {
    this.#accesses.get(connection)?.relay?.relayed(address);
  }

  drained(connection: ConnectionId): void {
    this.#sessionOf(connection)?.drained?.(connection);
  }

  closed(connection: ConnectionId, reason: CloseReason, status: ConnectionStatus): void {
    const access = this.#accesses.get(connection);
    if (access === undefined) return;
    this.#forget(connection, access);
    this.#logger.debug({ reason, remote: access.remote, ufrag: access.session?.stream.ufrag }, 'connection closed');
    if (access.session === undefined && access.relay === undefined) this.#observer.stranger(placeOf(access), reason);
    access.session?.left(connection, status);
  }

  #isServed(next: Exclude<Decision['next'], 'wait' | 'close'>): boolean {
    if (next === 'hand-over') return this.#others !== undefined;
    return next !== 'relay' || this.#relays !== undefined;
  }

  #deadline(connection: ConnectionId, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.plane.closeConnection(connection, 'authentication-timeout'), ms);
  }

  #relayLink(connection: ConnectionId, access: Access): RelayLink {
    const { plane } = this;
    return {
      send: (message) => plane.send(connection, message),
      openRelay: (toward, avoid) => plane.openRelay(connection, toward, avoid),
      closeRelay: () => plane.closeRelay(connection),
      permit: (peer) => plane.permit(connection, peer),
      forbid: (named) => plane.forbid(connection, named),
      relay: (named, data) => plane.relay(connection, named, data),
      allocated: (hasRelay) => this.#allocated(connection, access, hasRelay),
      close: (reason: RelayCloseReason) => plane.closeConnection(connection, reason),
    };
  }

  /** Who has no relayed address is a stranger, and not for long. */
  #allocated(connection: ConnectionId, access: Access, hasRelay: boolean): void {
    access.hasRelay = hasRelay;
    clearTimeout(access.deadline);
    if (hasRelay) {
      this.#admission.authenticate(access.place);
    } else {
      access.deadline = this.#deadline(connection, this.#limits.releasedMs);
      this.#admission.forget(access.place);
    }
  }

  #forget(connection: ConnectionId, { deadline, place, relay }: Access): void {
    this.#accesses.delete(connection);
    relay?.ended();
    clearTimeout(deadline);
    this.#admission.leave(place);
  }

  /** It counts for the place of its own from now on. */
  #comesFrom(
    connection: ConnectionId,
    access: Access,
    { remote, local }: { remote: TransportAddress; local: TransportAddress },
  ): void {
    this.#admission.leave(access.place);
    access.place = this.#admission.enter(connection, remote.address);
    Object.assign(access, { remote, local });
  }

  #sessionOf(connection: ConnectionId): GatewaySession | undefined {
    return this.#accesses.get(connection)?.session;
  }

  /** @param session that which the check names */
  #act(connection: ConnectionId, access: Access, outcome: CheckOutcome, session: GatewaySession | undefined): void {
    const isReplay = 'check' in outcome && session?.isFresh(connection, outcome.check) === false;
    if (session !== undefined) this.#observer.checked(session, placeOf(access), isReplay ? 'replay' : wordFor(outcome));
    if (outcome.verdict === 'close') {
      this.checks.ignored += 1;
      this.plane.closeConnection(connection, outcome.fault);
      return;
    }
    if (isReplay) {
      this.checks.ignored += 1;
      if (access.session === undefined) this.plane.closeConnection(connection, 'replay');
      return;
    }
    this.checks[outcome.verdict] += 1;
    if (outcome.verdict === 'ignored') return;
    if (outcome.authenticated && session !== undefined) this.#authenticate(connection, access, session);
    this.plane.send(connection, outcome.reply);
    if (outcome.verdict === 'accepted') session?.checked(connection, outcome.check);
  }

  #authenticate(connection: ConnectionId, access: Access, session: GatewaySession): void {
    // With each check anew: where all places of those that have authenticated were taken, one may be free by now.
    this.#admission.authenticate(access.place);
    if (access.session !== undefined) return;
    clearTimeout(access.deadline);
    access.session = session;
    this.plane.admit(connection, session.stream.content);
    session.join(connection, { remote: access.remote, port: access.local.port });
    this.#logger.debug({ ufrag: session.stream.ufrag, remote: access.remote }, 'connection authenticated');
  }
}

function placeOf({ remote, local }: Access): Omit<StreamPath, 'stream'> {
  return { remote, port: local.port };
}

function wordFor(outcome: CheckOutcome): string {
  if (outcome.verdict === 'accepted') return outcome.check.nominated ? 'nominated' : 'accepted';
  return 'fault' in outcome ? outcome.fault : `refused with ${outcome.code}`;
}
