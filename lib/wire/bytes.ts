/**
 * A text with one character a byte (latin1), as the wire has it. Characters that are no byte become their UTF-8: cut
 * down to a byte, one could become a line break.
 */
export function bytesOf(text: string): string {
  return text.replace(/[^\0-\xff]+/g, (wide) => Buffer.from(wide).toString('latin1'));
}
