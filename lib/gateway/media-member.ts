import type { TransportAddress } from '../ice/transport-address';
import type { Member } from './members';

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

/** One that has just authenticated, when so many bytes had come. */
export function joining(
  at: Pick<MediaMember, 'id' | 'remote' | 'port' | 'preference'>,
  received: number,
  now: number,
): MediaMember {
  const counts = { sequence: 0, nominations: 0, carried: 0, isTold: false };
  return { ...at, joinedAt: now, received, heardAt: now, remoteUfrag: '', mapped: undefined, ...counts };
}

/** Whether more bytes have come than at the last look; `received`: undefined of a connection that is gone. */
export function listenTo(member: MediaMember, received: number | undefined, now: number): boolean {
  if (received === undefined || received === member.received) return false;
  member.received = received;
  member.heardAt = now;
  return true;
}
