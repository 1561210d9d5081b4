import type { AuthenticCheck } from '../ice/lite-agent';
import type { TransportAddress } from '../ice/transport-address';
import type { ConnectionId, ForwardingPlane } from './forwarding-plane';
import type { GatewayLimits } from './limits';
import { SeenChecks } from './seen-checks';

/** A connection that authenticated for a stream. */
export interface Member {
  id: ConnectionId;
  remote: TransportAddress;
  /** The port of ours that the UE dialled. */
  port: number;
  /** ms. */
  joinedAt: number;
  /** The sequence of its last nomination: 0 if it was never nominated. */
  sequence: number;
}

export interface MembersSurroundings {
  plane: ForwardingPlane;
  limits: GatewayLimits;
  /** ms, rising. */
  now: () => number;
}

/** The connections that authenticated for one stream, in the order in which they did. */
export class Members<M extends Member> {
  protected readonly around: MembersSurroundings;
  readonly #members = new Map<ConnectionId, M>();
  readonly #seen = new SeenChecks();

  constructor(around: MembersSurroundings) {
    this.around = around;
  }

  get(id: ConnectionId): M | undefined {
    return this.#members.get(id);
  }

  /** As they are now: they may be closed meanwhile. */
  all(): M[] {
    return [...this.#members.values()];
  }

  /** Beyond the limit the oldest other one that is not in use has to go. */
  join(joining: M, isInUse: (member: M) => boolean): void {
    const { plane, limits } = this.around;
    this.#members.set(joining.id, joining);
    if (this.#members.size <= limits.connectionsPerStream) return;
    const spare = this.all().find((member) => member !== joining && !isInUse(member));
    if (spare !== undefined) plane.closeConnection(spare.id, 'stream-limit');
  }

  /** The member that left. */
  leave(id: ConnectionId): M | undefined {
    const member = this.#members.get(id);
    this.#members.delete(id);
    return member;
  }

  /** Whether an authenticated check is this connection's own, and not a copy of another's. */
  isFresh(id: ConnectionId, check: AuthenticCheck): boolean {
    return !this.#seen.isReplay(check.transactionId, id);
  }

  /** The nominated ones, the newest first. */
  nominated(): M[] {
    return this.all()
      .filter(({ sequence }) => sequence > 0)
      .sort((a, b) => b.sequence - a.sequence);
  }

  /** Closes those that have had their time since the selection, or since they came, and were not selected (E1). */
  closeUnselected(selected: M, selectedAt: number): void {
    const { plane, limits, now } = this.around;
    for (const member of this.all()) {
      const since = Math.max(selectedAt, member.joinedAt);
      if (member !== selected && now() - since >= limits.unselectedMs)
        plane.closeConnection(member.id, 'other-selected');
    }
  }

  /** The stream is over; none is a member any more. */
  end(): void {
    const members = this.all();
    this.#members.clear();
    for (const { id } of members) this.around.plane.closeConnection(id, 'stream-ended');
  }
}
