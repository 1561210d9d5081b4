import { isAttribute } from './sdp-lines';

/**
 * The section with its header extensions (RFC 8285 §5) as another one of the same line has them: releases of rtpengine since
 * mr14 leave out their directions and parameters.
 */
export function withExtensionsOf(section: readonly string[], other: readonly string[]): readonly string[] {
  const theirs = other.filter((line) => isAttribute(line, 'extmap'));
  if (theirs.length === 0) return section;
  return section.map((line) => {
    const extension = extensionOf(line);
    return extension === undefined ? line : (theirs.find((each) => extensionOf(each) === extension) ?? line);
  });
}

/** Number and name. */
function extensionOf(line: string): string | undefined {
  const [, number, name] = /^a=extmap:(\d{1,5})(?:\/\S+)? +(\S+)/.exec(line) ?? [];
  return name === undefined ? undefined : `${number} ${name}`;
}
