import { createHash } from 'node:crypto';

/** A message that arrived whole. */
export interface MsrpReceived {
  messageId: string;
  contentType: string;
  /** Of all its chunks together. */
  bytes: number;
  /** Of the content, hex. */
  sha256: string;
}

/** A message of which chunks have arrived; its content is hashed and handed on, not kept. */
export class IncomingMessage {
  readonly #hash = createHash('sha256');
  readonly #messageId: string;
  readonly #contentType: string;
  #bytes = 0;

  constructor(messageId: string, contentType: string) {
    this.#messageId = messageId;
    this.#contentType = contentType;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a chunk may begin at this byte, counted from 1: over one connection they come in order. */
  continuesAt(rangeStart: number): boolean {
    return rangeStart === this.#bytes + 1;
  }

  body(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  /** May be called once. */
  complete(): MsrpReceived {
    const sha256 = this.#hash.digest('hex');
    return { messageId: this.#messageId, contentType: this.#contentType, bytes: this.#bytes, sha256 };
  }
}
