import type { AvoidedPorts } from '../gateway/forwarding-plane';
import type { RelayLink, RelayServing } from '../gateway/relay-serving';
import type { IceCredentials } from '../ice/credentials';
import type { TransportAddress } from '../ice/transport-address';
import { familyOf, networkOf, normalAddress, type AddressFamily } from '../ip-address';
import { monotonicNow, wallClock } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import { TokenBuckets } from '../shares/token-buckets';
import { Allocations, type LiveRelay } from './allocations';
import type { AuthenticationFault } from './authentication';
import type { Claim, TurnCredentials } from './credentials';
import { defaultTurnLimits, type TurnLimits } from './limits';
import { placeKey } from './relay-peers';
import type { TurnError } from './turn-message';
import type { RelayDrop, TurnContext } from './turn-context';
import { TurnSession } from './turn-session';

/** The ports that rtpengine has open toward UEs. */
export interface AnchorPlaces {
  /** Whose call has told a UE that its media is there; undefined: none has. */
  usersAt(place: TransportAddress): readonly string[] | undefined;
  /** The ICE credentials that the UE was told with that place. */
  iceAt(place: TransportAddress): IceCredentials | undefined;
  /** Whether any call has told a UE that its media is at this address. */
  hasAddress(address: string): boolean;
  /** To be told of each place that is that call's no more. */
  onForgotten(listener: (place: TransportAddress) => void): void;
}

export interface TurnServerOptions {
  credentials: TurnCredentials;
  places: AnchorPlaces;
  /** Addresses that rtpengine advertises to UEs, one per family. */
  advertised: readonly string[];
  /** Where rtpengine is bound if it advertises another address. */
  boundAt: (advertised: string) => string;
  logger: Logger;
  limits?: Partial<TurnLimits>;
  /** ms, rising; default: the process's monotonic clock. */
  now?: () => number;
  /** ms since the epoch; default: the system's clock. */
  wallClock?: () => number;
}

/** What TURN does, as plain numbers. */
export interface TurnCounts {
  /** Relayed addresses now. */
  allocations: number;
  /** Requests that were refused, by error. */
  refused: Readonly<Partial<Record<`${TurnError}`, number>>>;
  /** Of those with 401 and 400, why. */
  credentials: Readonly<Partial<Record<AuthenticationFault, number>>>;
  /** Data and permissions for peers that it does not go to, and messages that say nothing. */
  dropped: Readonly<Partial<Record<RelayDrop, number>>>;
}

/** TURN (RFC 8656) for UEs that know no ICE over TCP: it relays to ports of rtpengine alone, each UE to those of its calls. */
export class TurnServer implements RelayServing, TurnContext {
  readonly credentials: TurnCredentials;
  readonly limits: TurnLimits;
  readonly now: () => number;
  readonly #options: TurnServerOptions;
  readonly #log: OccasionalLog;
  readonly #allocations: Allocations;
  readonly #wrong: TokenBuckets;
  /** Who has data passing to a place. */
  readonly #reached = new Map<string, Set<TurnSession>>();
  readonly #refused = new Tally<`${TurnError}`>();
  readonly #credentials = new Tally<AuthenticationFault>();
  readonly #dropped = new Tally<RelayDrop>();

  constructor(options: TurnServerOptions) {
    const { credentials, limits, logger, now = monotonicNow, places } = options;
    this.#options = options;
    this.credentials = credentials;
    this.limits = { ...defaultTurnLimits, ...limits };
    this.now = now;
    this.#log = new OccasionalLog(logger);
    this.#allocations = new Allocations(this.limits);
    this.#wrong = new TokenBuckets(this.limits.wrongOfSource, now);
    places.onForgotten((place) => {
      for (const session of [...(this.#reached.get(placeKey(place)) ?? [])]) session.forgotten(place);
    });
  }

  open(link: RelayLink, remote: TransportAddress): TurnSession {
    return new TurnSession(link, remote, this);
  }

  sweep(): void {
    const now = this.now();
    for (const session of this.#allocations.sessions) session.expire(now);
  }

  /** Whose relayed address that is, of connections that are open: users share one; empty: it is none. */
  relaysAt(place: TransportAddress): readonly LiveRelay[] {
    return this.#allocations.at(place);
  }

  counts(): TurnCounts {
    return {
      allocations: this.#allocations.size,
      refused: this.#refused.counts(),
      credentials: this.#credentials.counts(),
      dropped: this.#dropped.counts(),
    };
  }

  readonly wallClock = (): number => Math.floor((this.#options.wallClock ?? wallClock)() / 1000);

  toward(family: AddressFamily): string | undefined {
    const advertised = this.#options.advertised.find((address) => familyOf(address) === family);
    return advertised && this.boundAt(advertised);
  }

  boundAt(advertised: string): string {
    return this.#options.boundAt(advertised);
  }

  isAnchor(address: string): boolean {
    const normal = normalAddress(address);
    return (
      this.#options.advertised.some((each) => normalAddress(each) === normal) || this.#options.places.hasAddress(normal)
    );
  }

  mayReach({ account }: Claim, peer: TransportAddress): boolean {
    const users = this.#options.places.usersAt(peer);
    return users !== undefined && (account === undefined || users.includes(account));
  }

  iceAt(peer: TransportAddress): IceCredentials | undefined {
    return this.#options.places.iceAt(peer);
  }

  take(session: TurnSession, claim: Claim): 486 | 508 | undefined {
    return this.#allocations.take(session, claim);
  }

  release(session: TurnSession): void {
    this.#allocations.release(session);
  }

  avoid(session: TurnSession): AvoidedPorts {
    return this.#allocations.portsBeside(session);
  }

  opened(session: TurnSession, relayed: TransportAddress): void {
    this.#allocations.opened(session, relayed);
  }

  reached(session: TurnSession, peer: TransportAddress): void {
    const key = placeKey(peer);
    const sessions = this.#reached.get(key) ?? new Set();
    this.#reached.set(key, sessions.add(session));
  }

  left(session: TurnSession, peer: TransportAddress): void {
    const key = placeKey(peer);
    const sessions = this.#reached.get(key);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#reached.delete(key);
  }

  mayBeRefused({ remote }: TurnSession, fault: AuthenticationFault): boolean {
    this.#credentials.add(fault);
    if (fault === 'no-credentials') return true;
    this.#log.warn({ remote, why: fault }, 'credentials of TURN are wrong');
    return this.#wrong.take(networkOf(remote.address));
  }

  refused({ remote }: TurnSession, method: number, error: TurnError): void {
    this.#refused.add(`${error}`);
    if (error === 486 || error === 508)
      this.#log.warn({ remote, method, error }, 'there is no room for a relay of TURN');
  }

  dropped({ remote, claim }: TurnSession, why: RelayDrop, peer?: TransportAddress): void {
    this.#dropped.add(why);
    this.#log.info({ remote, user: claim?.username, peer, why }, 'TURN does not relay there');
  }
}
