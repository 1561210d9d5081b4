import { withFormats, withoutCarriersOfOthers } from './line-formats';
import { isRtpOverUdp } from './media-line';
import { withEachSection, type Sdp } from './sdp';
import type { MediaSection } from './sdp-part';

/**
 * The SDP without the payload types 64–95 on lines with rtcp-mux (D4): with the marker bit set their second byte
 * is that of an RTCP packet (RFC 5761 §4). What carries one of them goes with it. A line that has no others is
 * declined. All other payload types are left as they are.
 */
export function withoutRtcpPayloadTypes(sdp: Sdp): Sdp {
  return withEachSection(sdp, (section) => (hasAny(section) ? stripped(section) : section));
}

function hasAny(section: MediaSection): boolean {
  const { transport, formats } = section;
  return isRtpOverUdp(transport) && section.has('rtcp-mux') && formats.split(' ').some(looksLikeRtcp);
}

function stripped(section: MediaSection): MediaSection {
  const others = section.formats.split(' ').filter((format) => !looksLikeRtcp(format));
  const left = withoutCarriersOfOthers(others, section);
  return left.length === 0 ? section.declined() : withFormats(section, left);
}

function looksLikeRtcp(format: string): boolean {
  return /^\d+$/.test(format) && Number(format) >= 64 && Number(format) <= 95;
}
