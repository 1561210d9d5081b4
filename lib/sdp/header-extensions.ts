import type { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

/**
 * The section with its header extensions (RFC 8285 §5) as another one of the same line has them: releases of rtpengine since
 * mr14 leave out their directions and parameters.
 */
export function withExtensionsOf(section: MediaSection, other: MediaSection): MediaSection {
  const theirs = other.lines.filter((line) => line.is('extmap'));
  if (theirs.length === 0) return section;
  const lines = section.lines.map((line) => {
    const extension = extensionOf(line);
    return extension === undefined ? line : (theirs.find((each) => extensionOf(each) === extension) ?? line);
  });
  return section.withLines(lines);
}

/** Number and name. */
function extensionOf({ text }: SdpLine): string | undefined {
  const [, number, name] = /^a=extmap:(\d{1,5})(?:\/\S+)? +(\S+)/.exec(text) ?? [];
  return name === undefined ? undefined : `${number} ${name}`;
}
