import { messageLimits } from './limits';
import { withoutBlanks } from './sip-uri';

/**
 * Why of a message there is the head alone. `endless`: nobody can tell where it ends. `too-large`: its body was; the
 * stream goes on behind it.
 */
export type Cut = 'endless' | 'too-large';

/** What came out of a SIP byte stream. */
export type StreamUnit =
  | { readonly kind: 'message'; readonly text: string; readonly cut?: Cut }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken' };

const keepAlive = '\r\n\r\n';

const headEnd = '\r\n\r\n';

/** Bytes of it that may have come in the piece before. */
const tailLength = headEnd.length - 1;

/** Pieces that are held one by one: more are joined, for each has a memory of its own. */
const mostPieces = 64;

/** Of a body that is not read: the longest that is waited for, in digits. */
const lengthPattern = /^\d{1,9}$/;

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3).
 *
 * CRLFs between messages are skipped (§7.5); a CRLFCRLF is a keep-alive that wants an answer
 * (RFC 5626 §4.4.1). A body that is too large is skipped as well, and costs its sender nothing else on the connection.
 * After `broken` nothing more can be read: the end of the message is not known.
 * Text has one character a byte (latin1).
 */
export class StreamFramer {
  readonly #bodyLimit: number;
  #text = '';
  /** What came behind the text and does not complete its message: a peer that sends byte by byte costs no rescans. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The last bytes of text and what is held: the end of a head may be cut anywhere. */
  #tail = '';
  /** Bytes of the message that has begun, once its head is there; else 0. */
  #wanted = 0;
  #broken = false;
  /** Up to where the end of the head was looked for, so that slow peers cost no rescans. */
  #searched = 0;
  /** Bytes of a body that are still to be skipped. */
  #skipping = 0;

  /** `bodyLimit` in bytes: what our own server sends may be longer than what it takes. */
  constructor(bodyLimit: number = messageLimits.body) {
    this.#bodyLimit = bodyLimit;
  }

  /** Whether a message has begun and is not complete. */
  get isInside(): boolean {
    return this.#skipping > 0 || this.#hasBegun;
  }

  push(chunk: Buffer): StreamUnit[] {
    const units: StreamUnit[] = [];
    if (this.#broken) return units;
    if (this.#completesNothing(chunk)) {
      this.#hold(chunk);
      return units;
    }
    const piece = this.#held.length === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    this.#text += piece.toString('latin1');
    this.#held = [];
    this.#heldBytes = 0;
    for (let unit = this.#next(); unit; unit = this.#next()) units.push(unit);
    this.#tail = this.#text.slice(-tailLength);
    return units;
  }

  /** Of a message that has begun and been looked at. */
  #completesNothing(chunk: Buffer): boolean {
    if (this.#searched === 0) return false;
    const bytes = this.#text.length + this.#heldBytes + chunk.length;
    if (this.#wanted > 0) return bytes < this.#wanted;
    return bytes <= messageLimits.head && !(this.#tail + chunk.toString('latin1')).includes(headEnd);
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - tailLength))).slice(-tailLength);
    if (this.#held.length > mostPieces) this.#held = [Buffer.concat(this.#held)];
  }

  get #hasBegun(): boolean {
    return !keepAlive.startsWith(this.#text);
  }

  #next(): StreamUnit | undefined {
    if (!this.#isPastBody()) return undefined;
    const skipped = this.#searched === 0 ? (/^[\r\n\0]*/.exec(this.#text)?.[0] ?? '') : '';
    if (skipped !== '') {
      const left = skipped.replaceAll(keepAlive, '');
      // The rest of a keep-alive may be in the next segment.
      const begun = skipped === this.#text && keepAlive.startsWith(left) ? left : '';
      this.#text = begun + this.#text.slice(skipped.length);
      if (skipped.includes(keepAlive)) return { kind: 'ping' };
    }
    if (!this.#hasBegun) return undefined;
    const end = this.#text.indexOf(headEnd, Math.max(0, this.#searched - tailLength));
    if (end < 0) {
      this.#searched = this.#text.length;
      return this.#text.length > messageLimits.head ? this.#fail() : undefined;
    }
    if (end > messageLimits.head) return this.#fail();
    this.#searched = end;
    return this.#message(end);
  }

  #message(end: number): StreamUnit | undefined {
    const head = this.#text.slice(0, end);
    const length = contentLengthOf(head);
    if (length === undefined || !lengthPattern.test(length)) return this.#fail(head);
    const bodyAt = end + 4;
    if (Number(length) > this.#bodyLimit) {
      this.#text = this.#text.slice(bodyAt);
      this.#skipping = Number(length);
      this.#searched = 0;
      return { kind: 'message', text: `${head}\r\n\r\n`, cut: 'too-large' };
    }
    const total = bodyAt + Number(length);
    this.#wanted = total;
    if (this.#text.length < total) return undefined;
    this.#wanted = 0;
    const text = this.#text.slice(0, total);
    this.#text = this.#text.slice(total);
    this.#searched = 0;
    return { kind: 'message', text };
  }

  #isPastBody(): boolean {
    const skipped = Math.min(this.#skipping, this.#text.length);
    this.#text = this.#text.slice(skipped);
    this.#skipping -= skipped;
    return this.#skipping === 0;
  }

  #fail(head?: string): StreamUnit {
    this.#broken = true;
    this.#text = '';
    this.#searched = 0;
    // A head that can be read deserves an answer before the connection is closed.
    return head === undefined ? { kind: 'broken' } : { kind: 'message', text: `${head}\r\n\r\n`, cut: 'endless' };
  }

  /** Whether the stream can no longer be followed. */
  get isBroken(): boolean {
    return this.#broken;
  }
}

/**
 * The Content-Length of a head, as written, be it folded or not; `undefined` if there is none. Several that differ are
 * all returned, which makes no number: the end of such a message is not known (RFC 4475 §3.3.9).
 */
export function contentLengthOf(head: string): string | undefined {
  const values = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)/gi)];
  return values.length === 0
    ? undefined
    : [...new Set(values.map(([, value = '']) => withoutBlanks(value.replaceAll('\r\n', ''))))].join(', ');
}
