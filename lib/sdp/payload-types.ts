import { withoutCarriersOfOthers } from './line-formats';
import { formatMediaLine, isRtpOverUdp, parseMediaLine } from './media-line';
import { hasAttribute, type SdpLines } from './sdp-lines';

/**
 * The SDP without the payload types 64–95 on lines with rtcp-mux (D4): with the marker bit set their second byte
 * is that of an RTCP packet (RFC 5761 §4). What carries one of them goes with it. A line that has no others is
 * declined. All other payload types are left as they are.
 */
export function withoutRtcpPayloadTypes(sdp: SdpLines): SdpLines {
  if (!sdp.media.some(hasAny)) return sdp;
  return { session: sdp.session, media: sdp.media.map((section) => (hasAny(section) ? stripped(section) : section)) };
}

function hasAny(section: readonly string[]): boolean {
  const { transport, formats } = parseMediaLine(section[0] ?? '');
  return isRtpOverUdp(transport) && hasAttribute(section, 'rtcp-mux') && formats.split(' ').some(looksLikeRtcp);
}

function stripped(section: readonly string[]): readonly string[] {
  const line = parseMediaLine(section[0] ?? '');
  const others = line.formats.split(' ').filter((format) => !looksLikeRtcp(format));
  const left = withoutCarriersOfOthers(others, section);
  if (left.length === 0) return [formatMediaLine({ ...line, port: 0 })];
  const rest = section.slice(1).filter((attribute) => {
    const format = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(attribute)?.[1];
    return format === undefined || left.includes(format);
  });
  return [formatMediaLine({ ...line, formats: left.join(' ') }), ...rest];
}

function looksLikeRtcp(format: string): boolean {
  return /^\d+$/.test(format) && Number(format) >= 64 && Number(format) <= 95;
}
