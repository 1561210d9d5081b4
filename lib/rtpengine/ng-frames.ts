/** Longest reply that is taken, in bytes: a `list` of thousands of calls. */
const maxFrameBytes = 4 * 1024 * 1024;
/** A cookie of ours is a UUID. */
const maxCookieBytes = 64;
const maxNumberBytes = 24;
const maxDepth = 64;

const [space, minus, colon, zero, nine] = [0x20, 0x2d, 0x3a, 0x30, 0x39];
const [dictionary, list, integer, end] = [0x64, 0x6c, 0x69, 0x65];

/**
 * Cuts a TCP stream of ng messages into messages. Nothing delimits them: a message is a cookie, a space, and one
 * bencoded value, which has to be followed to its end.
 *
 *     7b9e… d6:result4:ponge7b9f… d3:sdp…
 *     cookie └─ value ─────┘cookie
 */
export class NgFrames {
  #buffer: Buffer = Buffer.alloc(0);
  /** Where the token stands that is read next; all before it is read. 0: the cookie. */
  #at = 0;
  /** Lists and dictionaries that are open. */
  #depth = 0;

  /**
   * Takes bytes as they come, and returns the messages that they complete.
   * @throws Error if they are no such stream, or a message is too long; nothing may be given to it afterwards
   */
  push(chunk: Buffer): Buffer[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const messages: Buffer[] = [];
    while (this.#readCookie() && this.#readValue()) {
      messages.push(this.#buffer.subarray(0, this.#at));
      this.#buffer = this.#buffer.subarray(this.#at);
      this.#at = 0;
    }
    if (this.#buffer.length > maxFrameBytes) throw new Error(`it sent a message of more than ${maxFrameBytes} bytes`);
    return messages;
  }

  #readCookie(): boolean {
    if (this.#at > 0) return true;
    const length = this.#buffer.subarray(0, maxCookieBytes).indexOf(space);
    if (length !== -1) this.#at = length + 1;
    else if (this.#buffer.length >= maxCookieBytes) throw notBencoded();
    return length !== -1;
  }

  #readValue(): boolean {
    do {
      if (!this.#readToken()) return false;
    } while (this.#depth > 0);
    return true;
  }

  /** Reads the token at hand; false if it is not there as a whole. */
  #readToken(): boolean {
    const first = this.#buffer[this.#at];
    if (first === undefined) return false;
    if (first === dictionary || first === list) this.#open();
    else if (first === end && this.#depth > 0) this.#depth -= 1;
    else if (first === integer) return this.#readInteger();
    else if (first >= zero && first <= nine) return this.#readString();
    else throw notBencoded();
    this.#at += 1;
    return true;
  }

  #open(): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw notBencoded();
  }

  #readInteger(): boolean {
    const after = this.#afterDigits(this.#at + 1, end);
    if (after !== undefined) this.#at = after;
    return after !== undefined;
  }

  #readString(): boolean {
    const begin = this.#afterDigits(this.#at, colon);
    if (begin === undefined) return false;
    const length = Number(this.#buffer.toString('latin1', this.#at, begin - 1));
    if (!Number.isInteger(length) || length > maxFrameBytes) throw notBencoded();
    if (begin + length > this.#buffer.length) return false;
    this.#at = begin + length;
    return true;
  }

  /** Where what follows a number and its end begins; undefined if that is not there yet. */
  #afterDigits(from: number, last: number): number | undefined {
    for (let at = from; at < from + maxNumberBytes; at++) {
      const byte = this.#buffer[at];
      if (byte === undefined) return undefined;
      if (byte === last) return at + 1;
      if (byte !== minus && (byte < zero || byte > nine)) throw notBencoded();
    }
    throw notBencoded();
  }
}

function notBencoded(): Error {
  return new Error('it sent what is no ng message');
}
