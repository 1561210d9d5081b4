import { isRtpOverUdp } from './media-line';
import { withEachSection, type Sdp } from './sdp';
import type { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

/** What says of a payload type what it is (RFC 8866 §6.6, §6.15; RFC 4585 §4.2). */
const ofFormats = ['rtpmap', 'fmtp', 'rtcp-fb'];

/**
 * The section with the formats of another one of the same line in place of its own. Media passes rtpengine as it is, so
 * the formats of a line are what its sender says, in his numbers (RFC 3264 §6.1): rtpengine would leave out an answer's
 * format whose number differs from the offer's, or tell the offerer his own.
 */
export function withFormatsOf(section: MediaSection, other: MediaSection): MediaSection {
  if (section.port === 0 || other.port === 0) return section;
  if (!isRtpOverUdp(section.transport) || !isRtpOverUdp(other.transport)) return section;
  // Behind c= and b=, as in what rtpengine writes.
  return section
    .with({ formats: other.formats })
    .without(ofFormats)
    .insert(
      other.lines.filter((line) => line.is(...ofFormats)),
      'icb',
    );
}

/**
 * An answer as rtpengine is shown it: with the formats of the offer. Where it sees one codec under two numbers it
 * translates, and drops what it does not take for the codec; where it sees none, any number passes.
 */
export function withOfferedFormats(answer: Sdp, offer: Sdp): Sdp {
  return withEachSection(answer, (section, index) => withFormatsOf(section, offer.media[index] ?? section));
}

/**
 * Payload types without those that carry another one which is not among them: a retransmission (`apt`, RFC 4588 §8.6), or
 * redundancy (RFC 2198 §5).
 */
export function withoutCarriersOfOthers(formats: readonly string[], section: MediaSection): readonly string[] {
  const left = formats.filter((format) => carriedIn(format, section).every((carried) => formats.includes(carried)));
  return left.length === formats.length ? formats : withoutCarriersOfOthers(left, section);
}

function carriedIn(format: string, { lines }: MediaSection): string[] {
  const told = lines
    .filter(({ text }) => text.startsWith(`a=fmtp:${format} `))
    .map(({ text }) => text.split(/ +(.*)/)[1] ?? '');
  return told.flatMap((parameters) => {
    if (/^\d+(\/\d+)+ *$/.test(parameters)) return parameters.trim().split('/');
    return /(?:^|[; ])apt=(\d+)/.exec(parameters)?.slice(1) ?? [];
  });
}

/** The payload type that an attribute tells of; undefined if it tells of all (`a=rtcp-fb:*`), or of none. */
export function formatOf({ text }: SdpLine): string | undefined {
  return /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(text)?.[1];
}

/** The section with these payload types alone. */
export function withFormats(section: MediaSection, formats: readonly string[]): MediaSection {
  return section.with({ formats: formats.join(' ') }).filter((line) => {
    const format = formatOf(line);
    return format === undefined || formats.includes(format);
  });
}
