import { Crowd, type Member, type Source } from './crowd';
import { Line, type Entry } from './line';
import { originOf } from './origin';

/** How many connections there may be. */
export interface AdmissionLimits {
  connections: number;
  /** Connections that have not authenticated, in all, and from one IPv4 address or one IPv6 /64. */
  unauthenticated: number;
  unauthenticatedPerAddress: number;
  /** Time in which a UE can be expected to authenticate, ms: until then others make room first. */
  graceMs: number;
}

/** Which limit a connection had to make room for. */
export type Displacement = 'connection-limit' | 'unauthenticated-limit' | 'address-limit';

/** A connection's place; whose it is, is the admission's business alone. */
export interface Place<C> extends Member {
  since: number;
  number: number;
  readonly connection: C;
  readonly source: Source<Place<C>>;
  state: 'stranger' | 'authenticated' | 'gone';
}

/** Of all connections, the part that those that have authenticated never fill: one in so many. */
const shareOfStrangers = 8;

/**
 * Who may be connected (E8, N2). A newcomer is always taken: where there is no room, a stranger, which is a connection
 * that has not authenticated, makes it. Strangers are told apart by their source, an IPv4 address or an IPv6 /64, and
 * by the IPv6 /48 around it. The first of these that there is has to go:
 *
 * 1. the oldest stranger of the source that holds the most, if it had its time to authenticate;
 * 2. the oldest of all, likewise;
 * 3. the oldest of the source that holds the most, however young: there is a flood.
 *
 * A source beyond its own limit loses its own oldest, if that had its time. For each of its connections that has
 * authenticated a source may have a stranger more, so that the UEs behind a crowded NAT come back past an attacker there.
 *
 * Connections that have authenticated make room for nobody. They leave one place in {@link shareOfStrangers} to
 * strangers: who authenticates beyond that keeps the place of a stranger, so that even then everybody gets in. A
 * connection may become a stranger's again, and is then one that has just come.
 */
export class Admission<C> {
  readonly #limits: AdmissionLimits;
  readonly #displace: (connection: C, reason: Displacement) => void;
  readonly #now: () => number;
  readonly #crowd = new Crowd<Place<C>>();
  readonly #strangers = new Line<Place<C>>();
  readonly #entries = new Map<Place<C>, { inAll: Entry<Place<C>>; inSource: Entry<Place<C>> }>();
  #authenticated = 0;
  #number = 0;

  /**
   * @param displace closes a connection, which has no place any more
   * @param now ms, rising
   */
  constructor(limits: AdmissionLimits, displace: (connection: C, reason: Displacement) => void, now: () => number) {
    this.#limits = limits;
    this.#displace = displace;
    this.#now = now;
  }

  /** The place of a new connection, for which others have made room. */
  enter(connection: C, address: string): Place<C> {
    const now = this.#now();
    const origin = originOf(address);
    this.#makeRoomInSource(this.#crowd.find(origin), now);
    this.#makeRoom(now);
    const source = this.#crowd.sourceOf(origin);
    const place: Place<C> = { connection, source, since: now, number: ++this.#number, state: 'stranger' };
    this.#append(place);
    return place;
  }

  /** Whether the connection has now, or had, a place that it need not make room from. */
  authenticate(place: Place<C>): boolean {
    if (place.state !== 'stranger') return place.state === 'authenticated';
    const { connections, unauthenticated } = this.#limits;
    const reserved = Math.min(unauthenticated, Math.ceil(connections / shareOfStrangers));
    if (this.#authenticated >= connections - reserved) return false;
    place.state = 'authenticated';
    this.#authenticated += 1;
    // First counted, so that its source is never without a connection.
    this.#crowd.countAuthenticated(place.source, 1);
    this.#remove(place);
    return true;
  }

  /** What the connection had authenticated by has ended. Nothing for a stranger's. */
  forget(place: Place<C>): void {
    if (place.state !== 'authenticated') return;
    const now = this.#now();
    this.#authenticated -= 1;
    this.#makeRoom(now);
    Object.assign(place, { since: now, number: ++this.#number, state: 'stranger' });
    // First counted, so that its source is never without a connection.
    this.#append(place);
    this.#crowd.countAuthenticated(place.source, -1);
  }

  /** The connection has ended; may be called twice, and for one that made room. */
  leave(place: Place<C>): void {
    if (place.state === 'stranger') this.#remove(place);
    if (place.state === 'authenticated') {
      this.#authenticated -= 1;
      this.#crowd.countAuthenticated(place.source, -1);
    }
    place.state = 'gone';
  }

  counts(): { strangers: number; authenticated: number; sources: number } {
    return { strangers: this.#strangers.length, authenticated: this.#authenticated, sources: this.#crowd.size };
  }

  #makeRoomInSource(source: Source<Place<C>> | undefined, now: number): void {
    const oldest = source?.strangers.first;
    if (source === undefined || oldest === undefined) return;
    const isFull = source.excess >= this.#limits.unauthenticatedPerAddress;
    if (isFull && this.#hadItsTime(oldest, now)) this.#evict(oldest, 'address-limit');
  }

  #makeRoom(now: number): void {
    const { connections, unauthenticated } = this.#limits;
    const room = connections - this.#authenticated;
    while (this.#strangers.length >= Math.min(unauthenticated, room)) {
      const victim = this.#victim(now);
      if (victim === undefined) return;
      this.#evict(victim, unauthenticated < room ? 'unauthenticated-limit' : 'connection-limit');
    }
  }

  #victim(now: number): Place<C> | undefined {
    const { greediest } = this.#crowd;
    const { first: oldest } = this.#strangers;
    if (greediest !== undefined && this.#hadItsTime(greediest, now)) return greediest;
    return oldest !== undefined && this.#hadItsTime(oldest, now) ? oldest : greediest;
  }

  #hadItsTime(place: Place<C>, now: number): boolean {
    return now - place.since >= this.#limits.graceMs;
  }

  #evict(place: Place<C>, reason: Displacement): void {
    this.leave(place);
    this.#displace(place.connection, reason);
  }

  #append(place: Place<C>): void {
    const inSource = this.#crowd.add(place, place.source);
    this.#entries.set(place, { inAll: this.#strangers.append(place), inSource });
  }

  #remove(place: Place<C>): void {
    const entry = this.#entries.get(place);
    if (entry === undefined) return;
    this.#entries.delete(place);
    this.#strangers.remove(entry.inAll);
    this.#crowd.remove(entry.inSource, place.source);
  }
}
