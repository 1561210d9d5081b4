import { isRtp, parseMediaLine } from './media-line';
import { hasAttribute, isAttribute, withoutAttributes, type SdpLines } from './sdp-lines';

/** Attributes that RFC 8866 §6, 4568 §4.2, 4585 §4.2, 5761 §5.1.1, 8858 §3 and 8839 §5.1 have on media lines alone. */
const ofLines = ['ptime', 'maxptime', 'crypto', 'rtcp-fb', 'rtcp-rsize', 'rtcp-mux', 'rtcp-mux-only', 'candidate'];

/**
 * The SDP with what its session part says in place of its lines on each line of RTP that does not say it itself. rtpengine
 * takes no notice of it there, and old releases show it to the other side, keys too.
 */
export function withLineAttributes(sdp: SdpLines): SdpLines {
  const names = ofLines.filter((name) => hasAttribute(sdp.session, name));
  if (names.length === 0) return sdp;
  const meant = (section: readonly string[]) =>
    names
      .filter((name) => !hasAttribute(section, name))
      .flatMap((name) => sdp.session.filter((line) => isAttribute(line, name)));
  return {
    session: withoutAttributes(sdp.session, names),
    media: sdp.media.map((section) =>
      isRtp(parseMediaLine(section[0] ?? '').transport) ? [...section, ...meant(section)] : section,
    ),
  };
}
