/** The parts of a SIP, SIPS or tel URI (RFC 3261 §19.1) that routing needs. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  readonly user: string | undefined;
  /** IPv6 addresses without their brackets; empty for tel. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
  /** As written, but without `?headers`. */
  readonly text: string;
}

const pattern = /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?((?:;[^?\s<>]*)?)(\?\S*)?$/i;

/** `undefined` for what is no URI of these schemes. */
export function parseSipUri(text: string): SipUri | undefined {
  if (/^tel:[^\s<>]+$/i.test(text)) {
    return { scheme: 'tel', user: text.slice(4), host: '', port: undefined, params: new Map(), text };
  }
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, scheme = '', user, host = '', port, params = '', headers = ''] = match;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return undefined;
  return {
    scheme: scheme.toLowerCase() as 'sip' | 'sips',
    user,
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
    params: parseParams(params),
    text: text.slice(0, text.length - headers.length),
  };
}

/** Whether a text says that it is a SIP or SIPS URI, be it one that can be read or not. */
export function hasSipScheme(text: string): boolean {
  return /^sips?:/i.test(text);
}

/** Whether a text is a SIP or SIPS URI that can be read. */
export function isSipUri(text: string): boolean {
  return hasSipScheme(text) && parseSipUri(text) !== undefined;
}

/** A URI of these parts. */
export function sipUriOf(parts: Partial<Pick<SipUri, 'scheme' | 'user' | 'port'>> & Pick<SipUri, 'host'>): string {
  const { scheme = 'sip', user, host, port } = parts;
  return `${scheme}:${user === undefined ? '' : `${user}@`}${hostPort(host, port)}`;
}

/** `;a=b;c` to its names and values; names come in lower case, a missing value is the empty string. */
function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of splitOutsideQuotes(text, ';')) {
    const [name = '', ...value] = part.split('=');
    if (name.trim() !== '') params.set(name.trim().toLowerCase(), value.join('=').trim());
  }
  return params;
}

/** The URI of a name-addr or addr-spec (RFC 3261 §20.10), as written; empty if its bracket is not closed. */
export function uriOf(nameAddr: string): string {
  const open = angleOf(nameAddr);
  if (open >= 0) {
    const end = nameAddr.indexOf('>', open);
    return end < 0 ? '' : nameAddr.slice(open + 1, end);
  }
  return (nameAddr.split(';')[0] ?? '').trim();
}

/** The parameters of the header, not those of the URI inside. */
export function headerParams(nameAddr: string): Map<string, string> {
  const open = angleOf(nameAddr);
  const rest = open >= 0 ? nameAddr.slice(nameAddr.indexOf('>', open) + 1) : nameAddr.replace(/^[^;]*/, '');
  return parseParams(rest);
}

export function tagOf(nameAddr: string | undefined): string | undefined {
  return nameAddr === undefined ? undefined : headerParams(nameAddr).get('tag');
}

/** A name-addr or addr-spec without the parameters of the header, for headers that have none. */
export function withoutParams(nameAddr: string): string {
  const open = angleOf(nameAddr);
  return open < 0 ? uriOf(nameAddr) : nameAddr.slice(0, nameAddr.indexOf('>', open) + 1);
}

/** From or To without its tag. */
export function withoutTag(nameAddr: string): string {
  const head = angleOf(nameAddr) < 0 ? '' : withoutParams(nameAddr);
  return head + nameAddr.slice(head.length).replace(/;\s*tag\s*=[^;]*/i, '');
}

/** Splits at a separator that is neither in quotes nor in angle brackets. */
export function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let angle = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted && c === '\\') {
      part += c + text.charAt(++i);
      continue;
    }
    if (c === '"') quoted = !quoted;
    else if (!quoted && c === '<') angle = true;
    else if (!quoted && c === '>') angle = false;
    if (c === separator && !quoted && !angle) {
      parts.push(part);
      part = '';
    } else part += c;
  }
  parts.push(part);
  return parts.map(withoutBlanks).filter((item) => item !== '');
}

/** The values of a list header such as Path or P-Associated-URI, as written. */
export function listOf(header: string | undefined): string[] {
  return splitOutsideQuotes(header ?? '', ',');
}

/** Spaces and tabs alone: other white space may be half of a character of several bytes. */
export function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(start)) start++;
  while (start < end && isBlank(end - 1)) end--;
  return text.slice(start, end);
}

/** `host:port` as it stands in a URI or a Via: IPv6 addresses in brackets. */
export function hostPort(host: string, port: number | undefined): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? shown : `${shown}:${port}`;
}

function angleOf(nameAddr: string): number {
  let quoted = false;
  for (let i = 0; i < nameAddr.length; i++) {
    const c = nameAddr.charAt(i);
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '<' && !quoted) return i;
  }
  return -1;
}
