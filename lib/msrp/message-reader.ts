/*
 *  MSRP a786hjs2 SEND              start line: transaction identifier, then method or status (RFC 4975 §9)
 *  To-Path: …                      header lines
 *  Content-Type: …
 *                                  an empty line, if there is a body
 *  any bytes                       the body
 *  -------a786hjs2$                the end-line; the CRLF before it is its own where there is a body
 */

/** How a chunk ends: more to come, the last one, given up (RFC 4975 §7.1). */
export type ContinuationFlag = '+' | '$' | '#';

/** Start line and headers, one character a byte (latin1). */
export interface MsrpHead {
  transactionId: string;
  /** Of a request. */
  method: string | undefined;
  /** Of a response. */
  status: number | undefined;
  startLine: string;
  /** Without CRLF, in order. */
  lines: readonly string[];
  hasBody: boolean;
}

export type MsrpFault = 'not-msrp' | 'head-too-long';

/** What came out of a byte stream. Bodies come in pieces, as they arrive; after `broken` nothing can be read. */
export type MsrpUnit =
  | { kind: 'head'; head: MsrpHead }
  | { kind: 'body'; bytes: Buffer }
  /** `bytes` is the end-line as it was, with the CRLF before it that is not the body's. */
  | { kind: 'end'; flag: ContinuationFlag; bytes: Buffer }
  | { kind: 'broken'; fault: MsrpFault };

/** All of start line and headers, in bytes. */
export const longestHead = 8192;

const startLine = /^MSRP ([A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}) (?:([A-Z]+)|(\d{3})(?: .*)?)$/;
const headerLine = /^[A-Za-z][^\s:]*:/;
const lineEnd = Buffer.from('\r\n');
const carriageReturn = 0x0d;
const flags = '+$#';

/**
 * Reads MSRP messages from a byte stream, however it was split on the way. Keeps no more than a head, and
 * of a body what may be the beginning of its end-line.
 */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #match: RegExpExecArray | undefined;
  #lines: string[] = [];
  #headBytes = 0;
  /** CRLF, seven hyphens and the transaction identifier, while in a body. */
  #boundary: Buffer | undefined;
  /** Bytes at the front of what is left that belong to the empty line before the body. */
  #blank = 0;
  #isBroken = false;

  push(chunk: Buffer): MsrpUnit[] {
    const units: MsrpUnit[] = [];
    if (this.#isBroken) return units;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#boundary === undefined ? this.#line(units) : this.#body(this.#boundary, units));
    // What is left of a chunk is little, and must not keep all of it.
    if (this.#rest.length * 2 < chunk.length) this.#rest = Buffer.from(this.#rest);
    return units;
  }

  /** Reads one line of a head; false if there is none yet, or nothing to read any more. */
  #line(units: MsrpUnit[]): boolean {
    const end = this.#rest.indexOf(lineEnd);
    const length = this.#headBytes + (end < 0 ? this.#rest.length : end + 2);
    if (length > longestHead) return this.#break('head-too-long', units);
    if (end < 0) return this.#mayBegin() ? false : this.#break('not-msrp', units);
    const line = this.#rest.toString('latin1', 0, end);
    if (this.#match === undefined) {
      this.#match = startLine.exec(line) ?? undefined;
      if (this.#match === undefined) return this.#break('not-msrp', units);
      this.#headBytes = end + 2;
      this.#rest = this.#rest.subarray(end + 2);
      return true;
    }
    const flag = flagOf(line, `-------${this.#match[1] ?? ''}`);
    if (flag !== undefined) {
      const bytes = this.#rest.subarray(0, end + 2);
      this.#rest = this.#rest.subarray(end + 2);
      units.push(this.#head(this.#match, false), { kind: 'end', flag, bytes });
    } else if (line === '') {
      // The empty line stays: it may be the CRLF before an end-line that follows at once.
      this.#boundary = Buffer.from(`\r\n-------${this.#match[1] ?? ''}`, 'latin1');
      this.#blank = 2;
      units.push(this.#head(this.#match, true));
    } else {
      if (!headerLine.test(line)) return this.#break('not-msrp', units);
      this.#lines.push(line);
      this.#headBytes += end + 2;
      this.#rest = this.#rest.subarray(end + 2);
    }
    return true;
  }

  /** Whether bytes without a line end can still become a head. */
  #mayBegin(): boolean {
    return this.#match !== undefined || 'MSRP '.startsWith(this.#rest.toString('latin1', 0, 5));
  }

  #head(match: RegExpExecArray, hasBody: boolean): MsrpUnit {
    const [line, transactionId = '', method, status] = match;
    const lines = this.#lines;
    this.#match = undefined;
    this.#lines = [];
    this.#headBytes = 0;
    return {
      kind: 'head',
      head: {
        transactionId,
        method,
        status: status === undefined ? undefined : Number(status),
        startLine: line,
        lines,
        hasBody,
      },
    };
  }

  /** Gives out what is surely body, and the end-line if it is there; false if more bytes are needed. */
  #body(boundary: Buffer, units: MsrpUnit[]): boolean {
    const rest = this.#rest;
    for (let at = rest.indexOf(boundary); at >= 0; at = rest.indexOf(boundary, at + 1)) {
      const tail = rest.toString('latin1', at + boundary.length, at + boundary.length + 3);
      if (!isEndOfLine(tail)) continue;
      if (tail.length < 3) return this.#give(at, units);
      const end = at + boundary.length + 3;
      const bytes = rest.subarray(Math.max(at, this.#blank), end);
      this.#give(at, units);
      units.push({ kind: 'end', flag: tail.charAt(0) as ContinuationFlag, bytes });
      this.#boundary = undefined;
      this.#blank = 0;
      this.#rest = rest.subarray(end);
      return true;
    }
    return this.#give(rest.length - overlap(rest, boundary), units);
  }

  #give(end: number, units: MsrpUnit[]): false {
    if (end > this.#blank) units.push({ kind: 'body', bytes: this.#rest.subarray(this.#blank, end) });
    if (end >= this.#blank) this.#blank = 0;
    this.#rest = this.#rest.subarray(end);
    return false;
  }

  #break(fault: MsrpFault, units: MsrpUnit[]): false {
    this.#isBroken = true;
    this.#rest = Buffer.alloc(0);
    units.push({ kind: 'broken', fault });
    return false;
  }
}

/** The value of the first header of this name (in any case), or undefined. */
export function headerOf(head: MsrpHead, name: string): string | undefined {
  const start = `${name.toLowerCase()}:`;
  const line = head.lines.find((one) => one.toLowerCase().startsWith(start));
  return line?.slice(start.length).trim();
}

function flagOf(line: string, hyphens: string): ContinuationFlag | undefined {
  const flag = line.slice(-1);
  return line.length === hyphens.length + 1 && line.startsWith(hyphens) && flags.includes(flag)
    ? (flag as ContinuationFlag)
    : undefined;
}

/** Whether the text is a continuation flag and CRLF, or may become it. */
function isEndOfLine(text: string): boolean {
  return text === '' || (flags.includes(text.charAt(0)) && '\r\n'.startsWith(text.slice(1)));
}

/** The length of the longest end of `bytes` with which `boundary` begins; CR is in it only at its beginning. */
function overlap(bytes: Buffer, boundary: Buffer): number {
  const tail = bytes.subarray(Math.max(0, bytes.length - boundary.length + 1));
  const at = tail.lastIndexOf(carriageReturn);
  return at >= 0 && boundary.indexOf(tail.subarray(at)) === 0 ? tail.length - at : 0;
}
