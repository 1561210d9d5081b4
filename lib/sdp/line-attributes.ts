import { isRtp } from './media-line';
import { withEachInherited, type Sdp } from './sdp';

/** Attributes that RFC 8866 §6, 4568 §4.2, 4585 §4.2, 5761 §5.1.1, 8858 §3 and 8839 §5.1 have on media lines alone. */
const ofLines = ['ptime', 'maxptime', 'crypto', 'rtcp-fb', 'rtcp-rsize', 'rtcp-mux', 'rtcp-mux-only', 'candidate'];

/**
 * The SDP with what its session part says in place of its lines on each line of RTP that does not say it itself. rtpengine
 * takes no notice of it there, and old releases show it to the other side, keys too.
 */
export function withLineAttributes(sdp: Sdp): Sdp {
  return withEachInherited(sdp, ofLines, isRtp);
}
