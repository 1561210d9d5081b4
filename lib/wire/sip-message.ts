import { messageLimits } from './limits';
import { splitOutsideQuotes, tagOf, withoutBlanks } from './sip-uri';

/**
 * SIP messages (RFC 3261 §7), read and written.
 *
 * Text is held with one character a byte (latin1): lengths are byte counts, and whatever the encoding
 * was, what was received goes on byte for byte.
 */

export interface Header {
  /** Long form in lower case, for comparing. */
  readonly key: string;
  /** As it is written. */
  readonly name: string;
  readonly value: string;
}

/** A map, not an object: a stranger may name a header `constructor`. */
function byName(names: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(names));
}

const compactForms = byName({
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
});

const spellings = byName({
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  rack: 'RAck',
  rseq: 'RSeq',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
  'www-authenticate': 'WWW-Authenticate',
});

/** The usual spelling of a header name; unknown names are capitalised after each dash, except `X-` ones. */
export function spellHeader(name: string): string {
  const key = headerKey(name);
  if (key.startsWith('x-')) return name;
  const long = key === name.toLowerCase() ? name : key;
  return spellings.get(key) ?? long.replace(/(^|-)([a-z])/g, (letter) => letter.toUpperCase());
}

/** A header’s name for comparing: its long form in lower case. */
export function headerKey(name: string): string {
  const key = name.toLowerCase();
  return compactForms.get(key) ?? key;
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

export class SipMessage {
  startLine: string;
  headers: Header[];
  body: string;
  /** As it was received. */
  raw: string | undefined;

  constructor(startLine: string, headers: Header[] = [], body = '') {
    this.startLine = startLine;
    this.headers = headers;
    this.body = body;
  }

  get isRequest(): boolean {
    return !this.startLine.startsWith('SIP/');
  }

  /** Empty for a response. */
  get method(): string {
    return this.isRequest ? (this.startLine.split(' ')[0] ?? '') : '';
  }

  get requestUri(): string {
    return this.startLine.split(' ')[1] ?? '';
  }

  set requestUri(uri: string) {
    this.startLine = `${this.method} ${uri} SIP/2.0`;
  }

  /** 0 for a request. */
  get status(): number {
    return this.isRequest ? 0 : Number(this.startLine.split(' ')[1]);
  }

  /** The first line of a header. */
  get(key: string): string | undefined {
    return this.headers.find((header) => header.key === key)?.value;
  }

  has(key: string): boolean {
    return this.headers.some((header) => header.key === key);
  }

  lines(key: string): string[] {
    return this.headers.filter((header) => header.key === key).map((header) => header.value);
  }

  /** All values of a header that may be a list, whether on one line or on several. */
  values(key: string): string[] {
    return this.lines(key).flatMap((line) => splitOutsideQuotes(line, ','));
  }

  /** Whether an option tag stands in a header such as Require. */
  hasOption(key: string, option: string): boolean {
    return this.values(key).some((value) => value.toLowerCase() === option);
  }

  add(name: string, value: string): this {
    this.headers.push({ key: headerKey(name), name, value });
    return this;
  }

  /** Puts a header above all others of its name (and Via above everything). */
  prepend(name: string, value: string): this {
    const key = headerKey(name);
    const at = key === 'via' ? 0 : this.headers.findIndex((header) => header.key === key);
    this.headers.splice(at < 0 ? this.headers.length : at, 0, { key, name, value });
    return this;
  }

  set(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.headers.findIndex((header) => header.key === key);
    if (at < 0) return this.add(name, value);
    this.headers = this.headers.filter((header, i) => header.key !== key || i === at);
    this.headers[at] = { key, name, value };
    return this;
  }

  remove(key: string): void {
    this.headers = this.headers.filter((header) => header.key !== key);
  }

  /** Takes the first value of a list header away. */
  removeFirst(key: string): void {
    const at = this.headers.findIndex((header) => header.key === key);
    const header = this.headers[at];
    if (!header) return;
    const rest = splitOutsideQuotes(header.value, ',').slice(1);
    if (rest.length === 0) this.headers.splice(at, 1);
    else this.headers[at] = { ...header, value: rest.join(', ') };
  }

  get callId(): string {
    return this.get('call-id') ?? '';
  }

  /** `undefined` if there is none. */
  get fromTag(): string | undefined {
    return tagOf(this.get('from'));
  }

  get toTag(): string | undefined {
    return tagOf(this.get('to'));
  }

  /** `undefined` if it is missing or cannot be read. */
  get cseq(): CSeq | undefined {
    const match = /^(\d{1,10})\s+(\S+)$/.exec(this.get('cseq') ?? '');
    return match ? { number: Number(match[1]), method: match[2] ?? '' } : undefined;
  }

  get topVia(): Via | undefined {
    return parseVia(this.values('via')[0] ?? '');
  }

  /** A copy that may be changed without touching this one. */
  clone(): SipMessage {
    return new SipMessage(this.startLine, [...this.headers], this.body);
  }

  /** As on the wire; Content-Length is what the body has. */
  toString(): string {
    const head = this.headers
      .filter((header) => header.key !== 'content-length')
      .map((header) => `${header.name}: ${header.value}\r\n`)
      .join('');
    return `${this.startLine}\r\n${head}Content-Length: ${this.body.length}\r\n\r\n${this.body}`;
  }
}

export interface Via {
  /** In lower case: `udp`, `tcp`. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly branch: string;
  /** As written, for a transaction key. */
  readonly sentBy: string;
}

export function parseVia(text: string): Via | undefined {
  const match = /^SIP\s*\/\s*\d+\.\d+\s*\/\s*(\S+)\s+(\[[^\]]+\]|[^\s:;]+)(?:\s*:\s*(\d+))?\s*(.*)$/i.exec(text);
  if (!match) return undefined;
  const [, transport = '', host = '', port, params = ''] = match;
  return {
    transport: transport.toLowerCase(),
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
    branch: /;\s*branch\s*=\s*([^;\s]+)/i.exec(params)?.[1] ?? '',
    sentBy: `${host}:${port ?? ''}`.toLowerCase(),
  };
}

/** What every message has (RFC 3261 §8.1.1), but for the Via, without which nobody can be answered. */
const mandatory = ['from', 'to', 'call-id', 'cseq'];

/** Headers that must not come twice: elements that each believe another one of them can be played off. */
const single = ['from', 'to', 'call-id', 'cseq', 'max-forwards'];

/**
 * Reads one message whose end is known. What is wrong with its start line or its headers is counted as a fault,
 * and a line that is no header is kept out. `undefined` if the text does not begin like SIP, or begins with what some
 * read as several lines.
 */
export function parseSipMessage(text: string): { message: SipMessage; malformed: boolean } | undefined {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const [startLine = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  if (!/^(SIP\/\d+\.\d+ \d{3}( |$)|[\w.!%*+`'~-]+ .*\S +SIP\/\d+\.\d+ *$)/.test(startLine)) return undefined;
  if (hasLineEnd(startLine)) return undefined;
  let malformed = !/^(SIP\/|\S+ [a-z][a-z0-9+.-]*:[^\s<>"]+ SIP\/\d+\.\d+$)/i.test(startLine);
  malformed ||= lines.length > messageLimits.lines;
  const headers: Header[] = [];
  for (const line of lines.slice(0, messageLimits.lines)) {
    const header = parseHeader(line);
    if (header) headers.push(header);
    else malformed ||= line !== '';
  }
  const message = new SipMessage(startLine, headers, end < 0 ? '' : text.slice(end + 4));
  malformed ||= single.some((key) => message.lines(key).length > 1);
  malformed ||= lacksMandatory(message);
  message.raw = text;
  return { message, malformed };
}

export function lacksMandatory(message: SipMessage): boolean {
  return (
    mandatory.some((key) => (message.get(key) ?? '') === '') ||
    !['from', 'to'].every((key) => hasTagOrNone(message, key))
  );
}

/** An empty tag is that of any dialog to some, and of two tags another one counts than to others. */
function hasTagOrNone(message: SipMessage, key: string): boolean {
  const tags = splitOutsideQuotes(message.get(key) ?? '', ';').filter((part) => /^tag\s*(=|$)/i.test(part));
  return tags.length === 0 || (tags.length === 1 && /^tag\s*=\s*[^\s;]/i.test(tags[0] ?? ''));
}

/** Without a pattern for the blanks around the value: one that backtracks takes minutes for a line full of them. */
function parseHeader(line: string): Header | undefined {
  const colon = line.indexOf(':');
  const name = withoutBlanks(line.slice(0, Math.max(colon, 0)));
  if (!/^\S+$/.test(name) || hasLineEnd(line)) return undefined;
  return { key: headerKey(name), name, value: withoutBlanks(line.slice(colon + 1)) };
}

/** What some take for the end of a line: a CR or LF alone, and a NUL for elements that read strings of C. */
function hasLineEnd(line: string): boolean {
  return /[\r\n\0]/.test(line);
}

/**
 * The same text by itself, for what is kept of a message: a piece of a string keeps all of the string that it was cut
 * out of, here all bytes that came with it.
 */
export function detached(text: string): string {
  return Buffer.from(text).toString();
}
