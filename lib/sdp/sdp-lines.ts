import { EdgeError } from '../errors';

/**
 * An SDP as the ordered lines it consists of, without line ends: the session part and one section for each
 * m= line, which is the section's first line. All rewriting is done on these lines, so that what is not
 * understood keeps its place and spelling (B3).
 */
export interface SdpLines {
  readonly session: readonly string[];
  readonly media: readonly (readonly string[])[];
}

/** Room for the largest SDP in one datagram to rtpengine, with what it adds; bytes. */
export const maxSdpBytes = 48 * 1024;
export const maxMediaLines = 64;

/**
 * Takes an SDP apart. Line ends may be CRLF or LF; empty lines are left out.
 * @throws EdgeError `sdp-invalid` (488)
 */
export function splitSdp(sdp: string): SdpLines {
  if (Buffer.byteLength(sdp) > maxSdpBytes) throw invalidSdp(`it is longer than ${maxSdpBytes} bytes`);
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0]?.trimEnd() !== 'v=0') throw invalidSdp('it does not begin with v=0');
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of lines) {
    // A bare CR or a NUL inside a line would be taken for a line end by some and not by others.
    if (!/^[a-z]=/.test(line) || /[\0\r]/.test(line)) throw invalidSdp('a line is not of the form x=value');
    if (line.startsWith('m=')) {
      if (media.length === maxMediaLines) throw invalidSdp(`it has more than ${maxMediaLines} media lines`);
      media.push([line]);
    } else (media.at(-1) ?? session).push(line);
  }
  if (!session.some((line) => line.startsWith('o='))) throw invalidSdp('it has no o= line');
  return { session, media };
}

/** The SDP as text, with CRLF line ends. */
export function joinSdp(sdp: SdpLines): string {
  return [...sdp.session, ...sdp.media.flat()].map((line) => `${line}\r\n`).join('');
}

/** An SDP without media lines, from this address of ours. */
export function emptySdp(address: string): SdpLines {
  const at = `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
  return { session: ['v=0', `o=- 0 0 ${at}`, 's=-', `c=${at}`, 't=0 0'], media: [] };
}

/** The SDP with the sections of these lines, by index, in place of its own. */
export function withSections(sdp: SdpLines, sections: ReadonlyMap<number, readonly string[]>): SdpLines {
  return { session: sdp.session, media: sdp.media.map((section, index) => sections.get(index) ?? section) };
}

/** The SDP with each section as `change` has it; the same object where nothing is changed, as it may have been read. */
export function withEachSection(
  sdp: SdpLines,
  change: (section: readonly string[], index: number) => readonly string[],
): SdpLines {
  const media = sdp.media.map(change);
  return media.every((section, index) => section === sdp.media[index]) ? sdp : { session: sdp.session, media };
}

/** True for `a=<name>` and `a=<name>:…`. */
export function isAttribute(line: string, name: string): boolean {
  return line.startsWith(`a=${name}`) && (line.length === name.length + 2 || line[name.length + 2] === ':');
}

export function hasAttribute(lines: readonly string[], name: string): boolean {
  return lines.some((line) => isAttribute(line, name));
}

/** The lines without the attributes of the given names. */
export function withoutAttributes(lines: readonly string[], names: readonly string[]): readonly string[] {
  return lines.filter((line) => !names.some((name) => isAttribute(line, name)));
}

/**
 * The SDP with attributes of the session part on each line that inherits them (RFC 8866 §6), so that each line can be
 * changed by itself.
 * @param alternatives names of which a line that has any inherits none of the others
 */
export function withInherited(sdp: SdpLines, alternatives: readonly string[]): SdpLines {
  const isOne = (line: string) => alternatives.some((name) => isAttribute(line, name));
  const inherited = sdp.session.filter(isOne);
  if (inherited.length === 0) return sdp;
  return {
    session: sdp.session.filter((line) => !isOne(line)),
    media: sdp.media.map((section) => (section.some(isOne) ? section : [...section, ...inherited])),
  };
}

export function invalidSdp(reason: string): EdgeError {
  return new EdgeError('sdp-invalid', `The SDP cannot be used: ${reason}.`);
}
