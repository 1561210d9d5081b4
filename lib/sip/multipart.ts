import { EdgeError } from '../errors';
import { splitOutsideQuotes } from '../wire/sip-uri';

/** One part of a multipart body (RFC 2046 §5.1.1). */
export interface Part {
  /** From its delimiter line on, up to the next one. */
  readonly start: number;
  readonly end: number;
  /** Its header lines, and where they begin in the body. */
  readonly head: string;
  readonly headAt: number;
  /** Where its content begins and ends in the body. */
  readonly contentAt: number;
  readonly contentEnd: number;
}

/** Parts of one body, at all depths. */
const mostParts = 32;
const deepest = 3;

/**
 * All parts of a body of this type, those inside of others too; none for what is no multipart.
 * @throws EdgeError `sip-type` (415) for one that cannot be looked through.
 */
export function partsOf(type: string, body: string): Part[] {
  const parts = inside(type, body, 0, body.length, 0);
  if (parts.length > mostParts) throw unreadable('A body has too many parts.');
  return parts;
}

/** Value of a header of a part. Blanks may stand before the colon (RFC 3261 §7.3.1, RFC 822 §3.2). */
export function partHeader({ head }: Part, name: string): string | undefined {
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (line.slice(0, Math.max(colon, 0)).trim().toLowerCase() === name.toLowerCase())
      return line.slice(colon + 1).trim();
  }
  return undefined;
}

export function isMultipart(type: string): boolean {
  return /^multipart\//i.test(type);
}

/** What cannot be looked through could hold a session description that nobody anchors. */
export function unreadable(message: string): EdgeError {
  return new EdgeError('sip-type', message);
}

function inside(type: string, body: string, from: number, to: number, depth: number): Part[] {
  if (!isMultipart(type)) return [];
  if (depth === deepest) throw unreadable('A body has parts too deep inside of others.');
  const boundary = boundaryOf(type);
  const delimiters = delimitersIn(body.slice(from, to), boundary);
  const parts: Part[] = [];
  for (const [i, { start, end, isLast }] of delimiters.entries()) {
    const next = delimiters[i + 1]?.start ?? to - from;
    if (isLast || parts.length > mostParts) break;
    const part = partIn(body, from + start, from + end, from + next);
    parts.push(
      part,
      ...inside(partHeader(part, 'Content-Type') ?? '', body, part.contentAt, part.contentEnd, depth + 1),
    );
  }
  return parts;
}

/** Of two, each reader would go by another, and find other parts. */
function boundaryOf(type: string): string {
  const [boundary, another] = splitOutsideQuotes(type, ';').flatMap((param) => {
    const [, quoted, plain] = /^boundary\s*=\s*(?:"([^"]*)"|([^\s"]+))$/i.exec(param) ?? [];
    return quoted ?? plain ?? [];
  });
  if (boundary === undefined || boundary === '') throw unreadable('A multipart has no boundary.');
  if (another !== undefined) throw unreadable('A multipart has two boundaries.');
  return boundary;
}

/** `at` is where the line behind the delimiter begins. */
function partIn(body: string, start: number, at: number, end: number): Part {
  const text = body.slice(at, end);
  const [emptyLine] = /^\r?\n/.exec(text) ?? [];
  if (emptyLine !== undefined) {
    return { start, end, head: '', headAt: at, contentAt: at + emptyLine.length, contentEnd: end };
  }
  const [headEnd] = /\r?\n\r?\n/.exec(text) ?? [''];
  const head = headEnd === '' ? text : text.slice(0, text.indexOf(headEnd));
  return { start, end, head, headAt: at, contentAt: at + head.length + headEnd.length, contentEnd: end };
}

/**
 * The delimiter lines, each with the line end before it. Lines may end with a LF alone: a receiver that reads such a body
 * must not find a session description in it that was not seen here.
 */
function delimitersIn(text: string, boundary: string): { start: number; end: number; isLast: boolean }[] {
  const found: { start: number; end: number; isLast: boolean }[] = [];
  const mark = `--${boundary}`;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    if (at > 0 && text[at - 1] !== '\n') continue;
    const lineEnd = text.slice(Math.max(0, at - 2), at) === '\r\n' ? 2 : 1;
    const [rest = ''] =
      /^(?:--)?[ \t]{0,80}(?:\r?\n|$)/.exec(text.slice(at + mark.length, at + mark.length + 90)) ?? [];
    const end = at + mark.length + rest.length;
    if (rest === '' && end !== text.length) continue;
    found.push({ start: Math.max(0, at - lineEnd), end, isLast: rest.startsWith('--') });
  }
  return found;
}
