import { parseMediaLine } from './media-line';
import { withoutAttributes, type SdpLines } from './sdp-lines';

/** Of RTP/AVPF and RTP/SAVPF alone (RFC 4585 §4.2, RFC 5506 §5). */
const feedbackAttributes = ['rtcp-fb', 'rtcp-rsize'];

/**
 * The SDP without early feedback on the lines whose profile was turned from one that has it into one that does not.
 * @param sender the transports of the lines as their sender wrote them, by index
 */
export function withoutTurnedFeedback(sdp: SdpLines, sender: readonly (string | undefined)[]): SdpLines {
  const strip = (section: readonly string[], index: number) =>
    hasFeedback(sender[index] ?? '') && !hasFeedback(parseMediaLine(section[0] ?? '').transport)
      ? withoutAttributes(section, feedbackAttributes)
      : section;
  return { session: sdp.session, media: sdp.media.map(strip) };
}

function hasFeedback(transport: string): boolean {
  return /AVPF$/i.test(transport);
}
