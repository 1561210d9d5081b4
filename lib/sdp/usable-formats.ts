import { withoutCarriersOfOthers } from './line-formats';
import { declined, formatMediaLine, isRtp, parseMediaLine } from './media-line';
import { isAttribute, withEachSection, type SdpLines } from './sdp-lines';

/**
 * What RFC 3551 §6 says of static payload types for video: libwebrtc knows none of them, and refuses a line of no
 * other.
 */
const staticVideo = [
  'a=rtpmap:25 CelB/90000',
  'a=rtpmap:26 JPEG/90000',
  'a=rtpmap:28 nv/90000',
  'a=rtpmap:31 H261/90000',
  'a=rtpmap:32 MPV/90000',
  'a=rtpmap:33 MP2T/90000',
  'a=rtpmap:34 H263/90000',
];

/** What the two sides say of one line, of which each takes over what the other leaves out. */
type Agreed = readonly (readonly string[])[];

/**
 * The SDP with a format on each line, and a meaning for each payload type (RFC 8866 §5.14, §6.6): that of RFC 3551 §6,
 * or a mapping, be it one that the other side has said (RFC 3264 §6.1). A payload type that nobody maps is left out,
 * with those that carry it; a line of RTP that has no others is declined.
 * @param agreed of an answer the offer, of a later offer what both sides said last, the last one counting most
 */
export function withUsableFormats(sdp: SdpLines, agreed: readonly SdpLines[]): SdpLines {
  return withEachSection(sdp, (section, index) => {
    const { kind, transport } = parseMediaLine(section[0] ?? '');
    const sameKind = agreed.flatMap(({ media }) => {
      const known = media[index];
      const line = parseMediaLine(known?.[0] ?? section[0] ?? '');
      return known && line.kind === kind && isRtp(line.transport) === isRtp(transport) ? [known] : [];
    });
    return isRtp(transport) ? withPayloadTypes(section, sameKind) : withFormat(section, sameKind);
  });
}

function withFormat(section: readonly string[], agreed: Agreed): readonly string[] {
  const line = parseMediaLine(section[0] ?? '');
  if (line.formats !== '') return section;
  return [
    formatMediaLine({ ...line, formats: formatsOf(agreed) ?? formatWithoutChoice(line.transport) }),
    ...section.slice(1),
  ];
}

function withPayloadTypes(section: readonly string[], agreed: Agreed): readonly string[] {
  const line = parseMediaLine(section[0] ?? '');
  const known = line.kind === 'video' ? mappingsOf(staticVideo) : [];
  const mappings = new Map([...known, ...[...agreed, section].flatMap(mappingsOf)]);
  const numbers = [...new Set(line.formats.split(' ').filter(isPayloadType))];
  const mapped = numbers.filter((format) => isAssigned(format) || mappings.has(format));
  const usable = new Set(withoutCarriersOfOthers(mapped, section));
  if (line.port === 0 || usable.size === 0) {
    const unused = formatMediaLine({ ...line, formats: numbers.join(' ') });
    return withFormat(declined([unused, ...section.slice(1)]), agreed);
  }
  // Of several mappings of one number the first counts.
  const first = new Map(mappingsOf(section).reverse());
  const rest = section.slice(1).filter((attribute) => {
    const format = formatOf(attribute);
    if (isAttribute(attribute, 'rtpmap') && first.get(format ?? '') !== attribute) return false;
    return format === undefined || usable.has(format);
  });
  const own = new Set(mappingsOf(rest).map(([format]) => format));
  const taken = [...usable].filter((format) => !own.has(format)).flatMap((format) => mappings.get(format) ?? []);
  const written = [...usable].join(' ');
  if (written === line.formats && taken.length === 0 && rest.length === section.length - 1) return section;
  return [formatMediaLine({ ...line, formats: written }), ...rest, ...taken];
}

function mappingsOf(section: readonly string[]): (readonly [format: string, line: string])[] {
  return section.filter(isMapping).map((line) => [formatOf(line) ?? '', line] as const);
}

/** RFC 8866 §6.6: a payload type, an encoding, and a clock that runs. */
function isMapping(line: string): boolean {
  const [, format] = /^a=rtpmap:(\d{1,3}) +[^\s/]+\/0*[1-9]\d{0,9}(?:\/[^\s/]+)? *$/.exec(line) ?? [];
  return format !== undefined && Number(format) <= 127;
}

/** The payload type that an attribute tells of; undefined if it tells of all (`a=rtcp-fb:*`), or of none. */
function formatOf(line: string): string | undefined {
  return /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1];
}

function isPayloadType(format: string): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(format) && Number(format) <= 127;
}

/** Static payload types with a meaning of their own (RFC 3551 §6): those of audio, and of video. */
function isAssigned(format: string): boolean {
  const number = Number(format);
  return number === 0 || (number >= 3 && number <= 18) || mappingsOf(staticVideo).some(([known]) => known === format);
}

function formatsOf(agreed: Agreed): string | undefined {
  return agreed.map((section) => parseMediaLine(section[0] ?? '').formats).find((formats) => formats !== '');
}

/** What a line of this transport names as its format, if it is not used or can name nothing else. */
export function formatWithoutChoice(transport: string): string {
  if (isRtp(transport)) return '0';
  if (/^udptl$/i.test(transport)) return 't38';
  return /\/SCTP$/i.test(transport) ? 'webrtc-datachannel' : '*';
}
