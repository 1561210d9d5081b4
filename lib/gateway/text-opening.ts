/**
 * What a connection begins with that begins with a capital letter. That is no frame of a UE: as a header it says 16640
 * bytes or more. Those of HTTP get an answer, always the same one.
 */
export type TextOpening = 'http' | 'other' | 'unfinished';

/** Bytes after which it is known. */
export const longestOpening = 24;

/** Bytes that are read of one who sends HTTP: closed with more of them unread, it might never see the answer. */
export const longestRequest = 65_536;

const body = 'This port carries the media of calls, and no pages.\n';
const head = [
  'HTTP/1.1 404 Not Found',
  'Content-Type: text/plain',
  `Content-Length: ${body.length}`,
  'Connection: close',
  '',
  '',
].join('\r\n');

/**
 * By the first line (RFC 9112 §3): a method, a space, and a path, `*` or an http URI; of CONNECT a host. The target of a
 * SIP request is none of these.
 */
export function textOpening(text: string): TextOpening {
  const space = text.indexOf(' ');
  const method = space < 0 ? text : text.slice(0, space);
  if (!/^[A-Z-]+$/.test(method)) return 'other';
  const target = space < 0 ? '' : text.charAt(space + 1);
  if (target === '') return text.length < longestOpening ? 'unfinished' : 'other';
  return method === 'CONNECT' || '/*hH'.includes(target) ? 'http' : 'other';
}

/** The answer to an HTTP request that begins so; to HEAD it has no body (RFC 9110 §9.3.2). */
export function httpAnswer(text: string): string {
  return text.startsWith('HEAD ') ? head : head + body;
}
