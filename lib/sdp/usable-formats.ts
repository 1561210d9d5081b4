import { formatOf, withFormats, withoutCarriersOfOthers } from './line-formats';
import { isRtp } from './media-line';
import { withEachSection, type Sdp } from './sdp';
import { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

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
].map((text) => new SdpLine(text));

/** What the two sides say of one line, of which each takes over what the other leaves out. */
type Agreed = readonly MediaSection[];

/**
 * The SDP with a format on each line, and a meaning for each payload type (RFC 8866 §5.14, §6.6): that of RFC 3551 §6,
 * or a mapping, be it one that the other side has said (RFC 3264 §6.1). A payload type that nobody maps is left out,
 * with those that carry it; a line of RTP that has no others is declined.
 * @param agreed of an answer the offer, of a later offer what both sides said last, the last one counting most
 */
export function withUsableFormats(sdp: Sdp, agreed: readonly Sdp[]): Sdp {
  return withEachSection(sdp, (section, index) => {
    const { kind, transport } = section;
    const sameKind = agreed
      .flatMap(({ media }) => media[index] ?? [])
      .filter((known) => known.kind === kind && isRtp(known.transport) === isRtp(transport));
    return isRtp(transport) ? withPayloadTypes(section, sameKind) : withFormat(section, sameKind);
  });
}

function withFormat(section: MediaSection, agreed: Agreed): MediaSection {
  if (section.formats !== '') return section;
  const [formats] = agreed.map((known) => known.formats).filter((known) => known !== '');
  return section.with({ formats: formats ?? formatWithoutChoice(section.transport) });
}

function withPayloadTypes(section: MediaSection, agreed: Agreed): MediaSection {
  const known = section.kind === 'video' ? mappingsOf(staticVideo) : [];
  const mappings = new Map([...known, ...[...agreed, section].flatMap(({ lines }) => mappingsOf(lines))]);
  const numbers = [...new Set(section.formats.split(' ').filter(isPayloadType))];
  const meant = numbers.filter((format) => isAssigned(format) || mappings.has(format));
  const usable = withoutCarriersOfOthers(meant, section);
  if (section.port === 0 || usable.length === 0)
    return withFormat(section.with({ formats: numbers.join(' ') }).declined(), agreed);
  // Of several mappings of one number the first counts.
  const first = new Map(mappingsOf(section.lines).reverse());
  const isMeant = (line: SdpLine) => !line.is('rtpmap') || first.get(formatOf(line) ?? '')?.text === line.text;
  const taken = usable.filter((format) => !first.has(format)).flatMap((format) => mappings.get(format) ?? []);
  return withFormats(section.filter(isMeant), usable).and(taken);
}

function mappingsOf(lines: readonly SdpLine[]): (readonly [format: string, line: SdpLine])[] {
  return lines.filter(isMapping).map((line) => [formatOf(line) ?? '', line] as const);
}

/** RFC 8866 §6.6: a payload type, an encoding, and a clock that runs. */
function isMapping({ text }: SdpLine): boolean {
  const [, format] = /^a=rtpmap:(\d{1,3}) +[^\s/]+\/0*[1-9]\d{0,9}(?:\/[^\s/]+)? *$/.exec(text) ?? [];
  return format !== undefined && Number(format) <= 127;
}

function isPayloadType(format: string): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(format) && Number(format) <= 127;
}

/** Static payload types with a meaning of their own (RFC 3551 §6): those of audio, and of video. */
function isAssigned(format: string): boolean {
  const number = Number(format);
  return number === 0 || (number >= 3 && number <= 18) || mappingsOf(staticVideo).some(([known]) => known === format);
}

/** What a line of this transport names as its format, if it is not used or can name nothing else. */
export function formatWithoutChoice(transport: string): string {
  if (isRtp(transport)) return '0';
  if (/^udptl$/i.test(transport)) return 't38';
  return /\/SCTP$/i.test(transport) ? 'webrtc-datachannel' : '*';
}
