import type { TransportAddress } from '../ice/transport-address';
import type { ConnectionId } from './forwarding-plane';
import { Members, type Member } from './members';

/** A connection of a stream whose media goes to rtpengine. */
export interface MediaMember extends Member {
  /** Bytes that had come from the UE when it was looked at last, and when that number was last seen to grow. */
  received: number;
  heardAt: number;
  /** The loss of its media was told. */
  isTold: boolean;
  /** The UE's ufrag, from its last check. */
  remoteUfrag: string;
  /** Where rtpengine sends to, if it sends to this connection. */
  mapped: TransportAddress | undefined;
  nominations: number;
  /** How much its port is wanted: more than those of a lower number. */
  preference: number;
  /** Packets of media that had gone to rtpengine when it was looked at last. */
  carried: number;
}

/** The connections of one stream whose media goes to rtpengine, and when the UE was last heard on each. */
export class MediaMembers extends Members<MediaMember> {
  /** Where what the UE sent waits. */
  #waiting: ConnectionId | undefined;

  /** One that has just authenticated. */
  enter(
    at: Pick<MediaMember, 'id' | 'remote' | 'port' | 'preference'>,
    isInUse: (member: MediaMember) => boolean,
  ): void {
    const now = this.around.now();
    const received = this.around.plane.status(at.id)?.received ?? 0;
    const counts = { sequence: 0, nominations: 0, carried: 0, isTold: false };
    this.join({ ...at, joinedAt: now, received, heardAt: now, remoteUfrag: '', mapped: undefined, ...counts }, isInUse);
    this.around.plane.listenForMedia(at.id);
  }

  /** To be called now and then: whether the UE was heard on `selected` since the last time. */
  listen(selected: MediaMember | undefined): boolean {
    const { plane } = this.around;
    let isSelectedHeard = false;
    for (const member of this.all()) {
      const status = plane.status(member.id);
      const isHeard = this.#hear(member, status?.received);
      if (isHeard && member === selected) isSelectedHeard = true;
      // Media that comes all the time need not be told of.
      if (status?.toAnchor === member.carried) plane.listenForMedia(member.id);
      member.carried = status?.toAnchor ?? 0;
    }
    return isSelectedHeard;
  }

  /** Not one to a port that is wanted more, while the UE is heard on it. */
  mayReplace(current: MediaMember | undefined, { preference }: MediaMember): boolean {
    if (current === undefined || current.preference <= preference) return true;
    this.#hear(current, this.around.plane.status(current.id)?.received);
    return this.isSilent(current, this.around.limits.liveMs);
  }

  isSilent({ heardAt }: MediaMember, ms = this.around.limits.silentMs): boolean {
    return this.around.now() - heardAt >= ms;
  }

  /** To the port most wanted, and there the one nominated last, if the UE is still heard on it or on none. */
  best(): MediaMember | undefined {
    const nominated = this.nominated().sort((a, b) => b.preference - a.preference);
    return nominated.find((member) => !this.isSilent(member)) ?? nominated[0];
  }

  /** On UDP, as far as is known: what the UE has dialled may be its way out when UDP dies, and is checked until then (E9). */
  closeIdle(): void {
    const { plane, limits } = this.around;
    for (const member of this.all())
      if (this.isSilent(member, limits.idleMs)) plane.closeConnection(member.id, 'silent');
  }

  /** All but the selected one. */
  giveWay(selected: ConnectionId, maxAge: number): void {
    this.#waiting = undefined;
    for (const { id } of this.all()) if (id !== selected) this.#giveWay(id, selected, maxAge);
  }

  /** The UE sends on one that is not selected: what it sent on another waits there too, so that one alone holds it (N3). */
  waitAt(id: ConnectionId, maxAge: number): void {
    if (this.#waiting !== undefined && this.#waiting !== id) this.#giveWay(this.#waiting, id, maxAge);
    this.#waiting = id;
  }

  /** Packets dropped on those that are open. */
  dropped(): number {
    return this.all().reduce((sum, { id }) => sum + (this.around.plane.status(id)?.dropped ?? 0), 0);
  }

  #giveWay(id: ConnectionId, to: ConnectionId, maxAge: number): void {
    this.around.plane.giveWay(id, to, maxAge);
    this.around.plane.listenForMedia(id);
  }

  /** Whether more bytes have come than at the last look; `received`: undefined of a connection that is gone. */
  #hear(member: MediaMember, received: number | undefined): boolean {
    if (received === undefined || received === member.received) return false;
    member.received = received;
    member.heardAt = this.around.now();
    return true;
  }
}
