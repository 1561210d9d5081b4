import type { SaidLine } from '../media/said-lines';
import type { StreamReport } from '../media/media-anchor';
import type { Direction, EndCause } from './call';

/** Who refused a call, and how. */
export interface Refusal {
  by: 'far-end' | 'edge';
  /** Of SIP. */
  status: number;
  /** Reason phrase of the far end, or what went wrong here. */
  reason: string;
  /** Of lib/errors.ts; unset: it was the far end, or something unforeseen. */
  code?: string;
}

/** What is known of one call that tells why it has media or has none. */
export interface Evidence {
  direction: Direction;
  isAnswered: boolean;
  /** Undefined while it is under way. */
  cause: EndCause | undefined;
  /** From answer to end, or to now. */
  seconds: number;
  refusal?: Refusal;
  /** What each side said last of its lines; undefined: nothing. */
  said: { access?: readonly SaidLine[]; core?: readonly SaidLine[] };
  /** What the UE was told last. */
  toldUe?: readonly SaidLine[];
  /** ICE checks of the UE over TCP that name a line of the call, by outcome. */
  checks: Readonly<Record<string, number>>;
  /** Connections from the UE's address that ended before any check was taken, by why. */
  vain: Readonly<Record<string, number>>;
  /** Ways that were seen, by line. */
  paths: Readonly<Record<number, string>>;
  /** Connections with media that ended. */
  losses: number;
  /** Seconds before the end (or now) when the last of them ended, where the UE has not come back since. */
  lostFor: number | undefined;
  /** Nothing came from the UE for 30 s. */
  isMediaLost: boolean;
  streams: readonly StreamReport[];
}
