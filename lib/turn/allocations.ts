import type { AvoidedPorts } from '../gateway/forwarding-plane';
import type { TransportAddress } from '../ice/transport-address';
import { networkOf } from '../ip-address';
import { Holdings } from '../shares/holdings';
import type { Claim } from './credentials';
import type { TurnLimits } from './limits';
import { placeKey } from './relay-peers';
import type { TurnSession } from './turn-session';

/** A relayed address of a connection that is open. */
export interface LiveRelay {
  /** Whose it is, as `accountNamed` writes him; undefined: its credential is shared. */
  account: string | undefined;
  /** The UE's address. */
  remote: TransportAddress;
}

interface Held {
  claim: Claim;
  source: string;
  relayed: TransportAddress | undefined;
}

/** All relayed addresses: how many each user and each place may have, and whose one is. */
export class Allocations {
  readonly #limits: TurnLimits;
  readonly #held = new Map<TurnSession, Held>();
  readonly #ofSources = new Holdings();
  /** By account. */
  readonly #ofUsers = new Map<string, Set<TurnSession>>();
  /** By relayed address: users share one. */
  readonly #relays = new Map<string, Set<TurnSession>>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  get sessions(): readonly TurnSession[] {
    return [...this.#held.keys()];
  }

  /** Undefined: it has one from now on. 486: the user, or the place, has as many as it may have; 508: all have. */
  take(session: TurnSession, claim: Claim): 486 | 508 | undefined {
    const { allocations, allocationsOfUser, allocationsOfSource } = this.#limits;
    const source = networkOf(session.remote.address);
    if (!this.#ofSources.take(source, allocationsOfSource)) return 486;
    const others = this.#othersOf(claim);
    const isFull = this.#held.size >= allocations;
    if (isFull || others.size >= allocationsOfUser) {
      this.#ofSources.giveBack(source);
      return isFull ? 508 : 486;
    }
    this.#held.set(session, { claim, source, relayed: undefined });
    if (claim.account !== undefined) this.#ofUsers.set(claim.account, others.add(session));
    return undefined;
  }

  opened(session: TurnSession, relayed: TransportAddress): void {
    const held = this.#held.get(session);
    if (held === undefined) return;
    held.relayed = relayed;
    const key = placeKey(relayed);
    this.#relays.set(key, (this.#relays.get(key) ?? new Set()).add(session));
  }

  release(session: TurnSession): void {
    const held = this.#held.get(session);
    if (held === undefined) return;
    const { claim, source, relayed } = held;
    this.#held.delete(session);
    this.#ofSources.giveBack(source);
    const others = this.#othersOf(claim);
    others.delete(session);
    if (claim.account !== undefined && others.size === 0) this.#ofUsers.delete(claim.account);
    const key = relayed && placeKey(relayed);
    const sharing = key === undefined ? undefined : this.#relays.get(key);
    sharing?.delete(session);
    if (key !== undefined && sharing?.size === 0) this.#relays.delete(key);
  }

  /**
   * Ports of the other relayed addresses of its user: one peer cannot tell two relays at one port apart. Who has a shared
   * credential may reach anybody's peers, and must not be taken there for somebody else.
   */
  portsBeside(session: TurnSession): AvoidedPorts {
    const claim = this.#held.get(session)?.claim;
    if (claim?.account === undefined) return 'shared';
    const others = [...this.#othersOf(claim)];
    return others.flatMap((other) => (other === session ? [] : (this.#held.get(other)?.relayed?.port ?? [])));
  }

  /** Those who have this relayed address. */
  at(place: TransportAddress): LiveRelay[] {
    return [...(this.#relays.get(placeKey(place)) ?? [])].flatMap((session) => {
      const held = this.#held.get(session);
      return held === undefined ? [] : { account: held.claim.account, remote: session.remote };
    });
  }

  /** With the same user; of a shared credential: nobody. */
  #othersOf({ account }: Claim): Set<TurnSession> {
    const others = account === undefined ? undefined : this.#ofUsers.get(account);
    return others ?? new Set();
  }
}
