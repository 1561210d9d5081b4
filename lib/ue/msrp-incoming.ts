import { createHash } from 'node:crypto';
import { headerOf, type MsrpHead } from '../msrp/message-reader';

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

/** Messages that may arrive at a time. */
const mostIncoming = 16;

/** What a SEND brings: content of the message, if it has any for us, and the status that answers it. */
export interface Chunk {
  message: IncomingMessage | undefined;
  status: number;
}

/** The messages of one session that are arriving. */
export class IncomingMessages {
  readonly #arriving = new Map<string, IncomingMessage>();

  /** The chunk that this SEND begins. */
  begin(head: MsrpHead): Chunk {
    const messageId = headerOf(head, 'Message-ID');
    if (messageId === undefined) return { message: undefined, status: 400 };
    if (!head.hasBody) return { message: undefined, status: 200 };
    const start = Number(/^(\d+)-/.exec(headerOf(head, 'Byte-Range') ?? '1-*/*')?.[1] ?? 0);
    const known = this.#arriving.get(messageId);
    const message = known ?? new IncomingMessage(messageId, headerOf(head, 'Content-Type') ?? '');
    if (!message.continuesAt(start)) return { message: undefined, status: 400 };
    if (known === undefined && this.#arriving.size >= mostIncoming) return { message: undefined, status: 413 };
    this.#arriving.set(messageId, message);
    return { message, status: 200 };
  }

  /** Its last chunk has come. */
  end(messageId: string): void {
    this.#arriving.delete(messageId);
  }
}
