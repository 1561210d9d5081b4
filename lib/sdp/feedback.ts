import { withEachSection, type Sdp } from './sdp';

/** Of RTP/AVPF and RTP/SAVPF alone (RFC 4585 §4.2, RFC 5506 §5). */
const feedbackAttributes = ['rtcp-fb', 'rtcp-rsize'];

/**
 * The SDP without early feedback on the lines whose profile was turned from one that has it into one that does not.
 * @param sender the transports of the lines as their sender wrote them, by index
 */
export function withoutTurnedFeedback(sdp: Sdp, sender: readonly (string | undefined)[]): Sdp {
  return withEachSection(sdp, (section, index) =>
    hasFeedback(sender[index] ?? '') && !hasFeedback(section.transport) ? section.without(feedbackAttributes) : section,
  );
}

function hasFeedback(transport: string): boolean {
  return /AVPF$/i.test(transport);
}
