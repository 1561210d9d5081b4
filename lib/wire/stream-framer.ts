import { messageLimits } from './limits';
import { contentLengthOf } from './sip-message';

/** What came out of a SIP byte stream. Of a message that is `cut` there is the head alone: its end is not known. */
export type StreamUnit =
  | { readonly kind: 'message'; readonly text: string; readonly cut?: true }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken' };

const keepAlive = '\r\n\r\n';

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3).
 *
 * CRLFs between messages are skipped (§7.5); a CRLFCRLF is a keep-alive that wants an answer
 * (RFC 5626 §4.4.1). After `broken` nothing more can be read: the end of the message is not known.
 * Text has one character a byte (latin1).
 */
export class StreamFramer {
  readonly #bodyLimit: number;
  #text = '';
  #broken = false;
  /** Up to where the end of the head was looked for, so that slow peers cost no rescans. */
  #searched = 0;

  /** `bodyLimit` in bytes: what our own server sends may be longer than what it takes. */
  constructor(bodyLimit: number = messageLimits.part) {
    this.#bodyLimit = bodyLimit;
  }

  /** Whether a message has begun and is not complete. */
  get isInside(): boolean {
    return !keepAlive.startsWith(this.#text);
  }

  push(chunk: Buffer): StreamUnit[] {
    const units: StreamUnit[] = [];
    if (this.#broken) return units;
    this.#text += chunk.toString('latin1');
    for (let unit = this.#next(); unit; unit = this.#next()) units.push(unit);
    return units;
  }

  #next(): StreamUnit | undefined {
    const skipped = this.#searched === 0 ? (/^[\r\n\0]*/.exec(this.#text)?.[0] ?? '') : '';
    if (skipped !== '') {
      const left = skipped.replaceAll(keepAlive, '');
      // The rest of a keep-alive may be in the next segment.
      const begun = skipped === this.#text && keepAlive.startsWith(left) ? left : '';
      this.#text = begun + this.#text.slice(skipped.length);
      if (skipped.includes(keepAlive)) return { kind: 'ping' };
    }
    if (!this.isInside) return undefined;
    const end = this.#text.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3));
    if (end < 0) {
      this.#searched = this.#text.length;
      return this.#text.length > messageLimits.head ? this.#fail() : undefined;
    }
    this.#searched = end;
    if (end > messageLimits.head) return this.#fail();
    const head = this.#text.slice(0, end);
    const length = contentLengthOf(head);
    if (length === undefined || !/^\d{1,6}$/.test(length) || Number(length) > this.#bodyLimit) {
      return this.#fail(head);
    }
    const total = end + 4 + Number(length);
    if (this.#text.length < total) return undefined;
    const text = this.#text.slice(0, total);
    this.#text = this.#text.slice(total);
    this.#searched = 0;
    return { kind: 'message', text };
  }

  #fail(head?: string): StreamUnit {
    this.#broken = true;
    this.#text = '';
    this.#searched = 0;
    // A head that can be read deserves an answer before the connection is closed.
    return head === undefined ? { kind: 'broken' } : { kind: 'message', text: `${head}\r\n\r\n`, cut: true };
  }

  /** Whether the stream can no longer be followed. */
  get isBroken(): boolean {
    return this.#broken;
  }
}
