import { EdgeError } from '../errors';
import { isWithoutMedia, linePlace, sentTo, type MaySend } from '../sdp/line-place';
import { withDeclined } from '../sdp/bundle';
import { isAnchorable } from '../sdp/media-line';
import { isMsrp } from '../sdp/msrp-line';
import type { Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';

/**
 * The SDP of a core with each line declined (port 0, RFC 3264 §6) whose RTP or RTCP would be sent where media does not
 * belong: of an offer the answer declines it, of an answer the other side sees it declined. A line on hold by its
 * address is sent nothing.
 * @throws EdgeError `no-usable-media` (488) if that leaves no line that is in use
 */
export function withPlacedLines(sdp: Sdp, maySend: MaySend): Sdp {
  const { media } = viewSession(sdp);
  const misplaced = new Set(media.filter((view) => isMisplaced(view, maySend)).map(({ index }) => index));
  if (misplaced.size === 0) return sdp;
  if (!media.some(({ index, port, transport }) => port !== 0 && isCarried(transport) && !misplaced.has(index)))
    throw new EdgeError('no-usable-media', 'The SDP would have media sent where none belongs.');
  return withDeclined(sdp, misplaced);
}

function isMisplaced(view: MediaView, maySend: MaySend): boolean {
  if (!isAnchorable(view.transport) || isWithoutMedia(view)) return false;
  const place = linePlace(view) ?? { address: '', port: view.port, rtcp: undefined };
  return !sentTo(place).every((to) => maySend(view.index, to));
}

function isCarried(transport: string): boolean {
  return isAnchorable(transport) || isMsrp(transport);
}
