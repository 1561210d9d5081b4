import parser from 'drachtio-srf/lib/sip-parser/parser';

/*
 * drachtio-srf hands headers on as they came: folds and lone CRs and LFs are left in their values, and their names
 * are unescaped, so that `%0D%0A` in a name becomes a line break. drachtio-server writes what it is given and makes
 * a line of whatever stands behind a CR or LF, and a header of whatever stands in the `?` part of a Request-URI.
 * What a stranger hides there would go on as a header of its own, past all that judges headers by their names.
 */

const parse = parser.parseSipMessage;

/** From now on drachtio-srf reads messages as {@link plain} leaves them. */
parser.parseSipMessage = (text, lazy) => parse(plain(text), lazy);

const unplain = /[^\r]\n|\r(?!\n)|\n[ \t]|\0|\n[^:\r\n]*%/;
const uriWithHeaders = /^(\S+ sips?:(?:[^@\s]*@)?[^?@\s]*)\?\S*/i;

/**
 * The message with each header on a line of its own, without headers whose names are escaped (they mean nothing,
 * RFC 4475 §3.1.1.5) and without headers in its Request-URI (RFC 3261 §19.1.5). The body stays as it is.
 */
export function plain(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end);
  const startLine = uriWithHeaders.exec(head);
  const withoutHeaders = startLine ? head.replace(uriWithHeaders, '$1') : head;
  if (!unplain.test(withoutHeaders)) return withoutHeaders + body;
  const lines = withoutHeaders
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => line.replace(/[\r\n\0]+/g, ' '));
  return lines.filter((line, i) => i === 0 || !/^[^:]*%/.test(line)).join('\r\n') + body;
}
