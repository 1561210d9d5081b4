import type { NominationCounters } from './counters';
import type { MembersSurroundings } from './members';
import type { StreamPath } from './stream';

/** What the sessions of one gateway share. */
export interface SessionSurroundings extends MembersSurroundings {
  nominations: NominationCounters;
  /** Where rtpengine is bound, if it advertises another address. */
  anchorAddress: (advertised: string) => string;
  /** How much a port of ours is wanted: more than those of a lower number. */
  preference: (port: number) => number;
  selected: (path: StreamPath) => void;
  /** With how many nominations of the stream there were. */
  unanswered: (path: StreamPath, nominations: number) => void;
  /** The UE sends no media on a connection that was nominated above its UDP: the so manieth look in a row. */
  unheard: (path: StreamPath, times: number) => void;
  lost: (path: StreamPath) => void;
  mediaLost: (path: StreamPath) => void;
}
