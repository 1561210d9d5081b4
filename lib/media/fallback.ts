import { isRtpOverUdp } from '../sdp/media-line';
import type { MediaView } from '../sdp/session-view';

/**
 * Who is given the candidate on port 80.
 *
 * - `always`: every UE that does ICE. A browser lists its TCP candidates late or not at all.
 * - `offered`: those that list TCP candidates of their own. A UE whose SDP is not known yet, because the core
 *   calls it, counts as one of them: by W.3.3 it lists its own only if it is offered one.
 * - `off`: nobody.
 */
export type Fallback = 'always' | 'offered' | 'off';

/** One media line on its way to the UE. */
export interface LineTowardUe {
  /** As rtpengine wrote it. */
  line: MediaView;
  /** The UE's own last word on this line: its offer if this is the answer; undefined if it has said nothing yet. */
  ue: MediaView | undefined;
  /** The candidate was given out before with the ufrag that the line has: it is repeated (F2). */
  given: boolean;
}

/** True if the line gets the candidate on port 80. */
export function getsFallback(fallback: Fallback, { line, ue, given }: LineTowardUe): boolean {
  if (fallback === 'off' || !isRtpOverUdp(line.transport) || line.port === 0 || !line.hasIce) return false;
  if (ue !== undefined && !ue.hasIce) return false;
  if (!muxesRtcp(line) && ue?.hasRtcp !== false) return false;
  if (ue !== undefined && !muxesRtcp(ue)) return false;
  return fallback === 'always' || given || ue === undefined || ue.offersTcp;
}

/** RTP and RTCP have one connection, or there is no RTCP: a port that all streams share cannot tell two components apart (D5). */
export function muxesRtcp(view: MediaView): boolean {
  return view.rtcpMux || !view.hasRtcp;
}
