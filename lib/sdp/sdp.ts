import { familyOf } from '../ip-address';
import { invalidSdp } from './invalid-sdp';
import { SdpLine } from './sdp-line';
import { MediaSection, SdpPart } from './sdp-part';

/**
 * An SDP: text only where it comes in and where it leaves. What is changed between is its parts and their lines, so that
 * what is not understood keeps its place and spelling (B3), and no line is read twice.
 */
export interface Sdp {
  readonly session: SdpPart;
  /** One section for each m= line. */
  readonly media: readonly MediaSection[];
}

/** Room for the largest SDP in one datagram to rtpengine, with what it adds; bytes. */
export const maxSdpBytes = 48 * 1024;
export const maxMediaLines = 64;

/**
 * Line ends may be CRLF or LF; empty lines are left out.
 * @throws EdgeError `sdp-invalid` (488)
 */
export function parseSdp(text: string): Sdp {
  if (Buffer.byteLength(text) > maxSdpBytes) throw invalidSdp(`it is longer than ${maxSdpBytes} bytes`);
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0]?.trimEnd() !== 'v=0') throw invalidSdp('it does not begin with v=0');
  // A bare CR or a NUL inside a line would be taken for a line end by some and not by others.
  if (lines.some((line) => !/^[a-z]=/.test(line) || /[\0\r]/.test(line)))
    throw invalidSdp('a line is not of the form x=value');
  const sdp = sdpOf(lines);
  if (sdp.media.length > maxMediaLines) throw invalidSdp(`it has more than ${maxMediaLines} media lines`);
  if (!sdp.session.hasType('o')) throw invalidSdp('it has no o= line');
  return sdp;
}

/** The SDP as text, with CRLF line ends. */
export function writeSdp({ session, media }: Sdp): string {
  const lines = [...session.lines, ...media.flatMap(({ head, lines }) => [head, ...lines])];
  return lines.map(({ text }) => `${text}\r\n`).join('');
}

/** An SDP without media lines, from this address of ours. */
export function emptySdp(address: string): Sdp {
  const at = `IN ${familyOf(address)} ${address}`;
  return sdpOf(['v=0', `o=- 0 0 ${at}`, 's=-', `c=${at}`, 't=0 0']);
}

/** The SDP with the sections of these lines, by index, in place of its own. */
export function withSections(sdp: Sdp, sections: ReadonlyMap<number, MediaSection>): Sdp {
  return withEachSection(sdp, (section, index) => sections.get(index) ?? section);
}

/** The SDP with each section as `change` has it. */
export function withEachSection(sdp: Sdp, change: (section: MediaSection, index: number) => MediaSection): Sdp {
  return { session: sdp.session, media: sdp.media.map(change) };
}

/** The SDP with each part as `change` has it. */
export function withEachPart({ session, media }: Sdp, change: <P extends SdpPart>(part: P) => P): Sdp {
  return { session: change(session), media: media.map((section) => change(section)) };
}

/**
 * The SDP with attributes of the session part on each line that inherits them (RFC 8866 §6), so that each line can be
 * changed by itself.
 * @param alternatives names of which a line that has any inherits none of the others
 * @param inherits lines of which transports do
 */
export function withInherited(
  { session, media }: Sdp,
  alternatives: readonly string[],
  inherits: (transport: string) => boolean = () => true,
): Sdp {
  const inherited = session.lines.filter((line) => line.is(...alternatives));
  const has = (section: MediaSection) => section.has(...alternatives) || !inherits(section.transport);
  return {
    session: session.without(alternatives),
    media: media.map((section) => (has(section) ? section : section.and(inherited))),
  };
}

/** The same with several attributes, each inherited by itself. */
export function withEachInherited(sdp: Sdp, names: readonly string[], inherits?: (transport: string) => boolean): Sdp {
  return names.reduce((whole, name) => withInherited(whole, [name], inherits), sdp);
}

function sdpOf(lines: readonly string[]): Sdp {
  const session: SdpLine[] = [];
  const media: { head: SdpLine; lines: SdpLine[] }[] = [];
  for (const line of lines.map((text) => new SdpLine(text)))
    if (line.type === 'm') media.push({ head: line, lines: [] });
    else (media.at(-1)?.lines ?? session).push(line);
  return { session: new SdpPart(session), media: media.map(({ head, lines: its }) => new MediaSection(head, its)) };
}
