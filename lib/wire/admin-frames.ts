import { EdgeError } from '../errors';

/**
 * Frames of drachtio's admin link:
 *
 *     <length>#<payload>      length: decimal number of bytes of the payload
 *
 * in a TCP stream that may split and join them anywhere. Text is held with one character a byte (latin1).
 */
export class AdminFrameReader {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes of payload that the current frame wants; -1 while its length is being read. */
  #wanted = -1;

  /** @param limit largest payload in bytes: the other end must not make this one hold more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Payloads that are complete with this chunk. Throws EdgeError for a bad length. */
  push(chunk: Buffer): string[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const payloads: string[] = [];
    for (;;) {
      if (this.#wanted < 0 && !this.#readLength()) return payloads;
      if (this.#buffered < this.#wanted) return payloads;
      const all = this.#join();
      payloads.push(all.toString('latin1', 0, this.#wanted));
      this.#keep(all.subarray(this.#wanted));
      this.#wanted = -1;
    }
  }

  #readLength(): boolean {
    if (this.#buffered === 0) return false;
    const all = this.#join();
    const digits = all.subarray(0, 8).indexOf(0x23);
    const text = all.toString('latin1', 0, digits < 0 ? Math.min(all.length, 8) : digits);
    if (!/^\d{1,7}$/.test(text) || Number(text) > this.#limit) {
      throw new EdgeError('admin-frame-invalid', 'a frame has a bad length');
    }
    if (digits < 0) return false;
    this.#wanted = Number(text);
    this.#keep(all.subarray(digits + 1));
    return true;
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    return all ?? Buffer.alloc(0);
  }

  #keep(rest: Buffer): void {
    this.#chunks.length = 0;
    if (rest.length > 0) this.#chunks.push(rest);
    this.#buffered = rest.length;
  }
}

/** A frame as bytes; the payload has one character a byte. */
export function writeAdminFrame(payload: string): Buffer {
  return Buffer.from(`${payload.length}#${payload}`, 'latin1');
}
