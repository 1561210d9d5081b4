import type { SdpLines } from './sdp-lines';

/** The order of lines in each part (RFC 8866 §5); r= belongs to the t= before it. What is not of the RFC comes last. */
const sessionOrder = ['v', 'o', 's', 'i', 'u', 'e', 'p', 'c', 'b', 'tr', 'z', 'a'];
const mediaOrder = ['m', 'i', 'c', 'b', 'a'];

/** Lines whose words are separated by one space each. */
const ofWords = /^(?:[ctbm]=|a=rtpmap:)/;

/**
 * What came, in the form that RFC 8866 §5 and §9 give it: lines in their order, s= and t= in the session part, an o= of
 * six words, one space between words and none at the end of a line, and no k= (§5.12). Not all writers keep to that, and some readers
 * (rtpengine, libwebrtc) refuse it, or miss an attribute that has a space behind it.
 */
export function inProperForm({ session, media }: SdpLines): SdpLines {
  const lines = session.filter(isKept).map(tidy);
  const has = (type: string) => lines.some((line) => line.startsWith(type));
  const missing = [...(has('s=') ? [] : ['s=-']), ...(has('t=') ? [] : ['t=0 0'])];
  return {
    session: inOrder([...lines, ...missing], sessionOrder),
    media: media.map((section) => inOrder(section.filter(isKept).map(tidy), mediaOrder)),
  };
}

/** A key in the clear is discarded. */
function isKept(line: string): boolean {
  return !line.startsWith('k=');
}

function tidy(line: string): string {
  const trimmed = withoutBlanksBehind(line);
  if (trimmed === 's=') return 's=-';
  // Nobody is told the o= of another (session-origin.ts).
  if (trimmed.startsWith('o='))
    return /^o=\S+ \d+ \d+ IN IP[46] \S+$/.test(trimmed) ? trimmed : 'o=- 0 0 IN IP4 0.0.0.0';
  return ofWords.test(trimmed) ? trimmed.replace(/[ \t]+/g, ' ') : trimmed;
}

/** A pattern for it would take time that grows with the square of a run of blanks in the middle. */
function withoutBlanksBehind(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

function inOrder(lines: readonly string[], order: readonly string[]): readonly string[] {
  const rank = (line: string) => {
    const at = order.findIndex((types) => types.includes(line.slice(0, 1)));
    return at === -1 ? order.length : at;
  };
  return [...lines].sort((a, b) => rank(a) - rank(b));
}
