import type { Headers, ParsedMessage } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { contentHeaders } from './header-policy';
import { isMultipart, partHeader, partsOf, unreadable, type Part } from './multipart';

/** A body with the headers that it is read by. */
export interface Content {
  headers: Headers;
  /** Empty: none. */
  body: string;
}

/** What a message says of its session, with what stands beside it (RFC 5621). */
export interface SessionBody {
  /** The session description, which the media anchor has to see; empty: there is none. */
  readonly sdp: string;
  /** The body with another session description, or with none; what stands beside it stays as it is. */
  readonly with: (sdp: string) => Content;
}

/** What a request has to be sent with. */
export function bodyOf({ body }: { readonly body: string }): { body?: string } {
  return body ? { body } : {};
}

/** Splits off what a new multipart has to be made of: no body has it. */
const ownBoundary = 'edge80-6d2f0a51c94b7e38';

/**
 * Of several session descriptions only the first that is for the session counts, and the others are left out: where nobody
 * anchors their media, their places would be told to the other side.
 * @throws EdgeError `sip-type` (415) where a session description may be in it that cannot be read.
 */
export function sessionBody(message: ParsedMessage): SessionBody {
  const { body } = message;
  if (body === '') return { sdp: '', with: onlySdp };
  const type = message.get('content-type') ?? 'application/sdp';
  if (!isSdp(type) && !isMultipart(type)) return beside(contentHeaders(message), body);
  mustBeReadable(message.get('content-encoding'), undefined);
  if (isSdp(type)) return { sdp: body, with: onlySdp };
  const parts = partsOf(type, body);
  const sessions = parts.filter((part) => isSdp(partHeader(part, 'Content-Type') ?? ''));
  const session = sessions.find((part) => /^(session\b.*)?$/i.test(partHeader(part, 'Content-Disposition') ?? ''));
  if (session) {
    mustBeReadable(partHeader(session, 'Content-Encoding'), partHeader(session, 'Content-Transfer-Encoding'));
  }
  const others = sessions.filter((part) => part !== session);
  const headers = { 'Content-Type': type };
  if (!session) return beside(headers, replaced(body, others));
  const having = (sdp: string) => {
    if (sdp) return { headers, body: replaced(body, others, session, sdp) };
    return parts.length === sessions.length ? onlySdp('') : { headers, body: replaced(body, sessions) };
  };
  return { sdp: body.slice(session.contentAt, session.contentEnd), with: having };
}

/**
 * The same of a request that may have an offer: a body that is something else has to be refused, and not to be left out,
 * unless its sender says so (RFC 3261 §20.11).
 * @throws EdgeError `sip-type` (415)
 */
export function offeredBody(request: ParsedMessage): SessionBody {
  const isOptional = /;\s*handling\s*=\s*"?optional\b/i.test(request.get('content-disposition') ?? '');
  const type = request.get('content-type') ?? 'application/sdp';
  const isUnknown = request.body !== '' && !isSdp(type) && !isMultipart(type);
  if (isUnknown && !isOptional) throw new EdgeError('sip-type', `${type} is not served.`);
  return sessionBody(request);
}

/** The content of a message with its session description as it comes out of the media anchor. */
export async function anchored(message: ParsedMessage, anchor: (sdp: string) => Promise<string>): Promise<Content> {
  const { sdp, with: having } = sessionBody(message);
  return having(await anchor(sdp));
}

function isSdp(type: string): boolean {
  return /^\s*application\/sdp\s*(;|$)/i.test(type);
}

function onlySdp(sdp: string): Content {
  return sdp ? { headers: { 'Content-Type': 'application/sdp' }, body: sdp } : { headers: {}, body: '' };
}

/** A body without a session description: one that it gets stands in a multipart with it. */
function beside(headers: Headers, body: string): SessionBody {
  const parts = (sdp: string) => [
    `--${ownBoundary}\r\nContent-Type: application/sdp\r\n\r\n${sdp}`,
    `--${ownBoundary}\r\n${linesOf(headers)}\r\n${body}`,
    `--${ownBoundary}--\r\n`,
  ];
  return {
    sdp: '',
    with: (sdp) =>
      sdp
        ? { headers: { 'Content-Type': `multipart/mixed;boundary=${ownBoundary}` }, body: parts(sdp).join('\r\n') }
        : { headers, body },
  };
}

function linesOf(headers: Headers): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** The body without some of its parts, and with another content of one. */
function replaced(body: string, without: readonly Part[], session?: Part, sdp = ''): string {
  let text = '';
  let at = 0;
  const changed = [...without, ...(session ? [session] : [])].sort((one, other) => one.start - other.start);
  for (const part of changed) {
    if (part.start < at) continue;
    if (part === session) {
      text += body.slice(at, part.headAt) + withLength(body.slice(part.headAt, part.contentAt), sdp) + sdp;
      at = part.contentEnd;
    } else {
      text += body.slice(at, part.start);
      at = part.end;
    }
  }
  return text + body.slice(at);
}

/** The head of a part, with the length of another content where it names one. */
function withLength(head: string, content: string): string {
  return head.replace(/((?:^|\n)Content-Length[ \t]*:[ \t]*)\d+/i, (_line, name: string) => `${name}${content.length}`);
}

function mustBeReadable(encoding: string | undefined, transfer: string | undefined): void {
  const isPlain = /^(identity)?$/i.test(encoding ?? '') && /^(7bit|8bit|binary)?$/i.test(transfer ?? '');
  if (!isPlain) throw unreadable('The session description is encoded in a way that is not served.');
}
