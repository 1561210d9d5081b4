import { discardPlace } from './discard-place';
import type { LineFamilies } from './line-family';
import { withPlace } from './line-place';
import { withEachSection, withOwnConnections, type Sdp } from './sdp';
import { isHeldByAddress, viewSession, type MediaView } from './session-view';

/**
 * The SDP of a UE with a place where nobody listens as the default address of each line with ICE. rtpengine sends to
 * the default until a pair is nominated, and c=, m= and a=rtcp are the UE's word alone: anybody could have media sent
 * to somebody else (C11). It would also take 0.0.0.0 for a hold and refuse a name, where RFC 8839 §4.2.5 has no default
 * yet. A hold by 0.0.0.0 stays one.
 */
export function withDiscardDefaults(sdp: Sdp, families: LineFamilies): Sdp {
  const { media } = viewSession(sdp);
  if (!media.some(isReplaced)) return sdp;
  return withEachSection(withOwnConnections(sdp), (section, index) => {
    const view = media[index];
    return view !== undefined && isReplaced(view) ? withPlace(section, discardPlace(families(view))) : section;
  });
}

function isReplaced(view: MediaView): boolean {
  return view.hasIce && view.port !== 0 && !isHeldByAddress(view);
}
