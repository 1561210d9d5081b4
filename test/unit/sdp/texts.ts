import type { Sdp } from '../../../lib/sdp/sdp';
import { SdpLine } from '../../../lib/sdp/sdp-line';
import { MediaSection, type SdpPart } from '../../../lib/sdp/sdp-part';

/** Its lines, a section's m= line first. */
export function textsIn(part: SdpPart): string[] {
  const head = part instanceof MediaSection ? [part.head] : [];
  return [...head, ...part.lines].map(({ text }) => text);
}

export function textsOf({ session, media }: Sdp): { session: string[]; media: string[][] } {
  return { session: textsIn(session), media: media.map(textsIn) };
}

/** @param head the m= line */
export function sectionOf([head = '', ...lines]: readonly string[]): MediaSection {
  return new MediaSection(
    new SdpLine(head),
    lines.map((line) => new SdpLine(line)),
  );
}
