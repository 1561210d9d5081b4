import parser from 'drachtio-srf/lib/sip-parser/parser';
import { detached, headerKey } from '../wire/sip-message';

/*
 * drachtio-srf hands headers on as they came: folds and lone CRs and LFs are left in their values, and their names
 * are unescaped, so that `%0D%0A` in a name becomes a line break. drachtio-server writes what it is given and makes
 * a line of whatever stands behind a CR or LF, and a header of whatever stands in the `?` part of a Request-URI.
 * What a stranger hides there would go on as a header of its own, past all that judges headers by their names.
 *
 * And what drachtio-srf cannot read of what the server accepted it drops: its sender would wait for ever.
 */

const parse = parser.parseSipMessage;

/**
 * From now on drachtio-srf reads messages as {@link plain} leaves them, with the long names of headers and all of the
 * body that there is.
 */
parser.parseSipMessage = (text, lazy) => {
  const end = text.indexOf('\r\n\r\n');
  const message = parse(`${plain(end < 0 ? text : text.slice(0, end))}\r\n\r\n`, lazy);
  if (!message) return undefined;
  message.headers = withLongNames(message.headers);
  message.body = end < 0 ? '' : bodyOf(text.slice(end + 4), message.headers['content-length']);
  if (text.length > longMessage) {
    message.headers = detachedValues(message.headers);
    if (message.uri !== undefined) message.uri = detached(message.uri);
  }
  return message;
};

/** Characters; of a shorter message it does no harm when it is kept for one of its headers. */
const longMessage = 4096;

/** What is kept of a message for as long as a registration or subscription lasts must not keep all of it. */
function detachedValues(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [detached(name), detached(value)]));
}

/** drachtio-srf takes a body without a Content-Length for ended at its first empty line. */
function bodyOf(rest: string, length: string | undefined): string {
  return /^\d{1,9}$/.test(length ?? '') ? rest.slice(0, Number(length)) : rest;
}

/** drachtio-srf knows but some of the compact forms (RFC 3261 §7.3.3), and takes `e` for a header that does not exist. */
function withLongNames(headers: Record<string, string>): Record<string, string> {
  const long = (name: string) => (name === 'contact-encoding' ? 'content-encoding' : headerKey(name));
  const isCompact = (name: string) => name.length === 1 || name === 'contact-encoding';
  if (!Object.keys(headers).some(isCompact)) return headers;
  const named = new Map<string, string>();
  for (const [written, value] of Object.entries(headers)) {
    const name = isCompact(written) ? long(written) : written;
    const before = named.get(name);
    named.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(named);
}

/** Names that objects have of themselves: drachtio-srf takes them for something else. */
const inheritedName = /^(constructor|__proto__)[ \t]*:/im;

/** A head that is plain already: start line, then `name: value` on one line each. */
const plainHead = /^(?:SIP\/[^\r\n\0]*|[^\s\0]+ [^\s?\0]+ SIP\/[\d.]+)(?:\r\n[^\s:%\0]+[ \t]*:[^\r\n\0]*)*$/;

/**
 * The message with each header on a line of its own, without headers whose names are missing or escaped (they mean
 * nothing, RFC 4475 §3.1.1.5), without headers in its Request-URI (RFC 3261 §19.1.5) and without needless blanks in
 * its Request-Line (RFC 4475 §3.1.2.9). The body stays as it is.
 */
export function plain(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  if (plainHead.test(head) && !inheritedName.test(head)) return text;
  const [startLine = '', ...headers] = head
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => line.replace(/[\r\n\0]+/g, ' '));
  const named = headers.filter((line) => /^[^\s:%]+[ \t]*:/.test(line) && !inheritedName.test(line));
  return [plainStartLine(startLine), ...named].join('\r\n') + (end < 0 ? '' : text.slice(end));
}

function plainStartLine(line: string): string {
  const [, method, uri = '', version] = /^(?!SIP\/)(\S+) +(\S+) +(SIP\/\S+) *$/.exec(line) ?? [];
  if (method === undefined) return line;
  return [method, withoutHeaders(uri), version].join(' ');
}

function withoutHeaders(uri: string): string {
  const end = /^sips?:/i.test(uri) ? uri.indexOf('?', uri.indexOf('@') + 1) : -1;
  return end < 0 ? uri : uri.slice(0, end);
}
