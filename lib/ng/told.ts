import type { Fallback } from '../media/fallback';
import type { Sdp } from '../sdp/sdp';
import type { CallOptions } from './call-options';

/** Whose SDP a command carries, and to whom it goes. */
export interface Tags {
  /** Who offers, in offer and answer. */
  from: string;
  /** Who answers; undefined: not known yet. */
  to: string | undefined;
  /** Of an INVITE that forks. */
  branch: string;
}

/** An offer or answer as a client told it. */
export interface Told {
  what: 'offer' | 'answer';
  tags: Tags;
  options: CallOptions;
  sdp: Sdp;
  fallback: Fallback;
}
