import type { TransportAddress } from '../ice/transport-address';
import { addressBytes, normalAddress } from '../ip-address';
import { withoutLineIce } from './ice-attributes';
import { isRtpOverUdp } from './media-line';
import { withEachInherited, withEachSection, type Sdp } from './sdp';
import type { MediaSection } from './sdp-part';
import { hasDefault, isHeldByAddress, isUnspecified, viewSession, type MediaView } from './session-view';

/**
 * The lines whose default destination, for RTP or for RTCP on a port of its own, is not among their candidates
 * (B16, RFC 8839 §4.2.5): something between has rewritten c= and m=, and knows nothing of ICE.
 */
export function mismatchedLines(sdp: Sdp): ReadonlySet<number> {
  const lines = viewSession(sdp).media.filter((view) => isMismatched(view, sdp.media[view.index]));
  return new Set(lines.map(({ index }) => index));
}

function isMismatched(view: MediaView, section: MediaSection | undefined): boolean {
  const { port, address, hasIce, transport } = view;
  if (section === undefined || !isRtpOverUdp(transport) || !hasIce || port === 0) return false;
  if (address === undefined || !hasDefault(view) || isHeldByAddress(view)) return false;
  if (!isListed(section, { component: 1, address, port })) return true;
  const rtcp = rtcpDefault(view, address);
  return rtcp !== undefined && !isListed(section, { component: 2, ...rtcp });
}

/** Where RTCP goes as a=rtcp says (RFC 3605); undefined where none does, or that is no address (RFC 8839 §4.2.5). */
function rtcpDefault(view: MediaView, address: string): TransportAddress | undefined {
  const { rtcpMux, hasRtcp, rtcpPort, rtcpAddress } = view;
  if (rtcpMux || !hasRtcp || rtcpPort === undefined || rtcpPort === 9) return undefined;
  const said = normalAddress(rtcpAddress ?? address);
  return isUnspecified(said) || addressBytes(said) === undefined ? undefined : { address: said, port: rtcpPort };
}

/**
 * A candidate whose address is a name may be any address. One of TCP counts too, though the line says RTP over UDP: a UE
 * that has no other can only name that.
 */
function isListed(section: MediaSection, wanted: TransportAddress & { component: number }): boolean {
  return section.lines.some(({ candidate }) => {
    if (candidate?.component !== wanted.component || candidate.port !== wanted.port) return false;
    const isName = addressBytes(candidate.address) === undefined;
    return isName || normalAddress(candidate.address) === normalAddress(wanted.address);
  });
}

/** The SDP without ICE on these lines; the others keep what they inherit from the session part. */
export function withoutIceOn(sdp: Sdp, lines: ReadonlySet<number>): Sdp {
  if (lines.size === 0) return sdp;
  return withEachSection(withEachInherited(sdp, ['ice-ufrag', 'ice-pwd']), (section, index) =>
    lines.has(index) ? withoutLineIce(section) : section,
  );
}
