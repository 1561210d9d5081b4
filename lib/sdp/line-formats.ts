import { formatMediaLine, isRtpOverUdp, parseMediaLine } from './media-line';
import { isAttribute, type SdpLines } from './sdp-lines';

/** What says of a payload type what it is (RFC 8866 §6.6, §6.15; RFC 4585 §4.2). */
const ofFormats = ['rtpmap', 'fmtp', 'rtcp-fb'];

/**
 * The section with the formats of another one of the same line in place of its own. Media passes rtpengine as it is, so
 * the formats of a line are what its sender says, in his numbers (RFC 3264 §6.1): rtpengine would leave out an answer's
 * format whose number differs from the offer's, or tell the offerer his own.
 */
export function withFormatsOf(section: readonly string[], other: readonly string[]): readonly string[] {
  const [line, theirs] = [parseMediaLine(section[0] ?? ''), parseMediaLine(other[0] ?? '')];
  if (line.port === 0 || theirs.port === 0) return section;
  if (!isRtpOverUdp(line.transport) || !isRtpOverUdp(theirs.transport)) return section;
  const rest = section.slice(1).filter((each) => !isOfFormats(each));
  // Behind c= and b=, as in what rtpengine writes.
  const at = rest.findLastIndex((each) => /^[icb]=/.test(each)) + 1;
  return [
    formatMediaLine({ ...line, formats: theirs.formats }),
    ...rest.slice(0, at),
    ...other.slice(1).filter(isOfFormats),
    ...rest.slice(at),
  ];
}

/**
 * An answer as rtpengine is shown it: with the formats of the offer. Where it sees one codec under two numbers it
 * translates, and drops what it does not take for the codec; where it sees none, any number passes.
 */
export function withOfferedFormats(answer: SdpLines, offer: SdpLines): SdpLines {
  return {
    session: answer.session,
    media: answer.media.map((section, index) => withFormatsOf(section, offer.media[index] ?? section)),
  };
}

/**
 * Payload types without those that carry another one which is not among them: a retransmission (`apt`, RFC 4588 §8.6), or
 * redundancy (RFC 2198 §5).
 */
export function withoutCarriersOfOthers(formats: readonly string[], section: readonly string[]): readonly string[] {
  const left = formats.filter((format) => carriedIn(format, section).every((carried) => formats.includes(carried)));
  return left.length === formats.length ? formats : withoutCarriersOfOthers(left, section);
}

function carriedIn(format: string, section: readonly string[]): string[] {
  const told = section
    .filter((line) => line.startsWith(`a=fmtp:${format} `))
    .map((line) => line.split(/ +(.*)/)[1] ?? '');
  return told.flatMap((parameters) => {
    if (/^\d+(\/\d+)+ *$/.test(parameters)) return parameters.trim().split('/');
    return /(?:^|[; ])apt=(\d+)/.exec(parameters)?.slice(1) ?? [];
  });
}

function isOfFormats(line: string): boolean {
  return ofFormats.some((name) => isAttribute(line, name));
}
