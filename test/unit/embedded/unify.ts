/** What the edge made up itself, as recorded and as it is now: tags, branches, transaction ids, CSeq, RSeq. */
export class Ids {
  readonly #actual: Map<string, string>;
  readonly #call: Map<string, string>;

  constructor(actual = new Map<string, string>(), call = new Map<string, string>()) {
    this.#actual = actual;
    this.#call = call;
  }

  copy(): Ids {
    return new Ids(new Map(this.#actual), new Map(this.#call));
  }

  /** Whether two words are the same, or the same id: mapped by first sight, consistent ever after. */
  same(recorded: string, actual: string, callId: string): boolean {
    if (recorded === actual) return true;
    if (!isId(recorded)) return false;
    const known = this.#actual.get(recorded);
    if (known === actual) return true;
    // Numbers may stand for something else in another call.
    if (known !== undefined && (!/^\d+$/.test(recorded) || this.#call.get(recorded) === callId)) return false;
    this.#actual.set(recorded, actual);
    this.#call.set(recorded, callId);
    return true;
  }

  /** A recorded text with the ids of now. */
  apply(recorded: string): string {
    return recorded.replace(word, (item) => this.#actual.get(item) ?? this.#near(item) ?? item);
  }

  /** A CSeq of ours that was not seen yet, next to one that was. */
  #near(item: string): string | undefined {
    if (!/^\d{7,}$/.test(item)) return undefined;
    for (let step = 1; step < 20; step++) {
      const known = this.#actual.get(String(Number(item) - step));
      if (known !== undefined) return String(Number(known) + step);
    }
    return undefined;
  }
}

const word = /[A-Za-z0-9_.-]+/g;

function isId(text: string): boolean {
  return (
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ||
    text.startsWith('z9hG4bK') ||
    /^[0-9A-Za-z]{13}$/.test(text) ||
    /^\d{4,}$/.test(text)
  );
}

/** Blanks after a comma carry no meaning (RFC 3261 §7.3.1). */
function sameText(was: string, is: string, ids: Ids, callId: string): boolean {
  const [recorded, actual] = [was, is].map((text) => text.replace(/,\s+/g, ',')) as [string, string];
  const left = recorded.split(/([A-Za-z0-9_.-]+)/);
  const right = actual.split(/([A-Za-z0-9_.-]+)/);
  return left.length === right.length && left.every((part, i) => ids.same(part, right[i]!, callId));
}

interface Parts {
  startLine: string;
  headers: Map<string, string[]>;
  body: string;
}

function takeApart(message: string): Parts {
  const end = message.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = message.slice(0, end < 0 ? undefined : end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { startLine, headers, body: end < 0 ? '' : message.slice(end + 4) };
}

/**
 * Compares two SIP messages: start line, headers in any order (lines of one name in order), body exactly.
 * Returns what differs, if anything. `skip` names headers (or `start-line`) that are not compared.
 */
export function differenceOfMessages(recorded: string, actual: string, ids: Ids, skip: string[]): string | undefined {
  if (!recorded.includes('\r\n\r\n')) return recorded === actual ? undefined : `${recorded} <> ${actual}`;
  const left = takeApart(recorded);
  const right = takeApart(actual);
  const callId = left.headers.get('Call-ID')?.[0] ?? '';
  if (!skip.includes('start-line') && !sameText(left.startLine, right.startLine, ids, callId)) {
    return `start line: ${left.startLine} <> ${right.startLine}`;
  }
  for (const name of new Set([...left.headers.keys(), ...right.headers.keys()])) {
    if (skip.includes(name)) continue;
    const was = left.headers.get(name) ?? [];
    const is = right.headers.get(name) ?? [];
    if (was.length !== is.length || !was.every((value, i) => sameText(value, is[i]!, ids, callId))) {
      return `${name}: ${was.join(' / ')} <> ${is.join(' / ')}`;
    }
  }
  return left.body === right.body ? undefined : `body: ${left.body} <> ${right.body}`;
}

/** Compares two frames of the edge; `skip` as above, or `bytes`. */
export function differenceOfFrames(recorded: string, actual: string, ids: Ids, skip: string[]): string | undefined {
  const [left, leftMessage] = split(recorded);
  const [right, rightMessage] = split(actual);
  const tokens = left.split('|');
  const others = right.split('|');
  if (tokens.length !== others.length || tokens[1] !== others[1]) return `head: ${left} <> ${right}`;
  const isSip = tokens[1] === 'sip';
  const hasMessage = leftMessage !== undefined;
  const bytesAt = isSip ? 3 : hasMessage ? 5 : -1;
  for (const [i, token] of tokens.entries()) {
    const other = others[i]!;
    const isTime = /^\d\d:\d\d:\d\d\.\d{6}$/.test(token) && /^\d\d:\d\d:\d\d\.\d{6}$/.test(other);
    const isVersion = token.startsWith('v0.9.10') && other.startsWith('v0.9.10');
    if (i === 0 || isTime || isVersion) continue;
    if (i === bytesAt) {
      const same = token === other || Number(token) - Number(other) === leftMessage!.length - rightMessage!.length;
      if (!same && !skip.includes('bytes')) return `bytes: ${token} <> ${other} in ${left} <> ${right}`;
    } else if (!sameText(token, other, ids, '') && !skip.includes(`token ${i}`)) {
      return `token ${i}: ${token} <> ${other} in ${left} <> ${right}`;
    }
  }
  if (!hasMessage || rightMessage === undefined)
    return hasMessage === (rightMessage !== undefined) ? undefined : 'message';
  return skip.includes('message') ? undefined : differenceOfMessages(leftMessage, rightMessage, ids, skip);
}

function split(payload: string): [string, string | undefined] {
  const end = payload.indexOf('\r\n');
  return end < 0 ? [payload, undefined] : [payload.slice(0, end), payload.slice(end + 2)];
}
