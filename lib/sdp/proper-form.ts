import type { Sdp } from './sdp';
import { SdpLine } from './sdp-line';
import { MediaSection, type SdpPart } from './sdp-part';

/** The order of lines in each part (RFC 8866 §5); r= belongs to the t= before it. What is not of the RFC comes last. */
const sessionOrder = ['v', 'o', 's', 'i', 'u', 'e', 'p', 'c', 'b', 'tr', 'z', 'a'];
const mediaOrder = ['i', 'c', 'b', 'a'];

/** Lines whose words are separated by one space each. */
const ofWords = /^(?:[ctbm]=|a=rtpmap:)/;

/**
 * What came, in the form that RFC 8866 §5 and §9 give it: lines in their order, s= and t= in the session part, an o= of
 * six words, one space between words and none at the end of a line, and no k= (§5.12). Not all writers keep to that, and some readers
 * (rtpengine, libwebrtc) refuse it, or miss an attribute that has a space behind it.
 */
export function inProperForm({ session, media }: Sdp): Sdp {
  const missing = [...(session.hasType('s') ? [] : ['s=-']), ...(session.hasType('t') ? [] : ['t=0 0'])];
  return {
    session: inOrder(session.and(missing), sessionOrder),
    media: media.map(({ head, lines }) => inOrder(new MediaSection(tidied(head), lines), mediaOrder)),
  };
}

function tidied(line: SdpLine): SdpLine {
  const text = tidy(line.text);
  return text === line.text ? line : new SdpLine(text);
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

function inOrder<P extends SdpPart>(part: P, order: readonly string[]): P {
  const rank = ({ type }: SdpLine) => {
    const at = order.findIndex((types) => types.includes(type));
    return at === -1 ? order.length : at;
  };
  // A key in the clear is discarded.
  const lines = part.lines.filter(({ type }) => type !== 'k').map(tidied);
  return part.withLines(lines.sort((a, b) => rank(a) - rank(b)));
}
