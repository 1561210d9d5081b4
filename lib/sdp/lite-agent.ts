import { withoutIce } from './ice-attributes';
import { withPlace } from './line-place';
import type { Sdp } from './sdp';
import type { MediaSection } from './sdp-part';
import { hasDefault, withEachLine, type MediaView } from './session-view';

/**
 * The SDP of an agent that is ICE-lite, as we are, without ICE: each of the two would wait for the other's checks. Its
 * default addresses are those that it has (RFC 8445 §8.2); where it names none, its candidates do.
 */
export function withoutLiteIce(sdp: Sdp): Sdp {
  if (![sdp.session, ...sdp.media].some((part) => part.has('ice-lite'))) return sdp;
  return withoutIce(withEachLine(sdp, withDefault));
}

function withDefault(section: MediaSection, view: MediaView): MediaSection {
  if (view.port === 0 || hasDefault(view)) return section;
  const of = (component: number) =>
    view.candidates.find((candidate) => candidate.transport === 'udp' && candidate.component === component);
  const [rtp, rtcp] = [of(1), view.rtcpMux ? undefined : of(2)];
  return rtp === undefined ? section : withPlace(section, { address: rtp.address, port: rtp.port, rtcp });
}
