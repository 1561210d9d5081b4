import { newCredentials } from '../ice/credentials';
import { familyOf } from '../ip-address';
import { discardPlace } from '../sdp/discard-place';
import { withIceSessionOf } from '../sdp/ice-attributes';
import { saidPlace, withPlaces } from '../sdp/line-place';
import type { Sdp } from '../sdp/sdp';
import { isHeldByAddress, viewSession, type MediaView } from '../sdp/session-view';
import { goesByIce } from '../sdp/ue-place';

/** How rtpengine is told of a later offer of the UE. */
export interface ShownOffer {
  now: Sdp;
  /** The offers that it gets before the answer, in order; none if ICE is not changed. */
  onAnswer: readonly Sdp[];
}

/**
 * A later offer of the UE as rtpengine is shown it: an ICE restart, or the end of ICE, is kept back until it is
 * answered. rtpengine would refuse the old credentials from the offer on, or forget the nominated pair; offered
 * them again it makes new ones, of which the UE never hears if the offer is refused.
 *
 * A hold by 0.0.0.0 is a restart too (F1, RFC 8839 §4.4.1.1.1). As the UE's credentials may stay the same, rtpengine
 * is shown others in between, and so makes new ones of its own.
 *
 * @param agreed the UE's lines by the last complete exchange
 */
export function keepRestartBack(shown: Sdp, agreed: readonly MediaView[]): ShownOffer {
  const { media } = viewSession(shown);
  const hadIce = media.filter(({ index, port }) => port !== 0 && agreed[index]?.hasIce === true);
  const isNew = ({ index, ufrag, pwd }: MediaView) => agreed[index]?.ufrag !== ufrag || agreed[index]?.pwd !== pwd;
  const changed = hadIce.filter(isNew);
  const held = hadIce.filter((line) => !isNew(line) && isHeldAnew(line, agreed[line.index]));
  const asBefore = () =>
    withPlaces(
      changed.reduce((sdp, { index }) => withIceSessionOf(sdp, agreed[index]), shown),
      (line) => {
        const family = familyOf(line.address ?? '');
        return goesByIce(line) ? discardPlace(family) : saidPlace(line, family);
      },
    );
  const now = changed.length === 0 ? shown : asBefore();
  if (held.length > 0) return { now, onAnswer: [held.reduce(withMadeUpSession, shown), shown] };
  return { now, onAnswer: changed.length > 0 ? [shown] : [] };
}

/**
 * The UE's SDP with other credentials on all lines with ICE: rtpengine, which is shown it, makes new ones of its own, and
 * what it offers the UE then restarts ICE.
 */
export function withIceRestarted(shown: Sdp): Sdp {
  return viewSession(shown)
    .media.filter(({ port, hasIce }) => port !== 0 && hasIce)
    .reduce(withMadeUpSession, shown);
}

function isHeldAnew(line: MediaView, agreed: MediaView | undefined): boolean {
  return isHeldByAddress(line) && agreed !== undefined && !isHeldByAddress(agreed);
}

function withMadeUpSession(sdp: Sdp, { index }: MediaView): Sdp {
  return withIceSessionOf(sdp, { index, ...newCredentials() });
}
