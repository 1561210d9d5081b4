import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Duplex } from 'node:stream';
import { EdgeError } from '../errors';
import { headerOf, MessageReader, type ContinuationFlag, type MsrpHead } from '../msrp/message-reader';
import { buildMessage, newTransactionId, type MsrpDraft } from '../msrp/message-writer';
import { sameMsrpUri } from '../msrp/msrp-uri';
import { withResolvers } from '../with-resolvers';
import { IncomingMessages, type Chunk, type MsrpReceived } from './msrp-incoming';
import { OutgoingMessage, type MsrpMessage } from './msrp-outgoing';

export interface MsrpEndpointOptions {
  /** The bytes, however they travel; ended and destroyed by {@link MsrpEndpoint.close}. */
  stream: Duplex;
  /** Our URI, as in our a=path. */
  path: string;
  /** The peer's path as we were shown it, of one or more URIs. */
  peerPath: string;
  /** `a=setup` made us the active end: we send the first SEND, the other waits for it (RFC 6135 §4.2.2). */
  active: boolean;
  /** ms, for the answer to a chunk (RFC 4975 §7.1.1). */
  answerMs?: number;
}

export interface MsrpEndpointEvents {
  /** A piece of a message's content, in order. */
  body: [messageId: string, bytes: Buffer];
  /** A message arrived whole. */
  message: [MsrpReceived];
  /** The stream ended, or what came was no MSRP; comes once, and not after `close()`. */
  closed: [reason: string];
}

/** Bytes of content in a chunk. */
const chunkBytes = 32 * 1024;

/** Chunks that may be unanswered at a time. */
const mostUnanswered = 64;

/** Bytes of answers that may wait for a peer that sends and does not read. */
const mostWaiting = 4 * 1024 * 1024;

/** ms, for what was written to be delivered when we close. */
const closeMs = 5000;

/** A request whose end has not come. */
interface Arriving extends Chunk {
  head: MsrpHead;
}

/** One end of an MSRP session (RFC 4975): sends messages in chunks, answers and reports those that arrive. */
export class MsrpEndpoint extends EventEmitter<MsrpEndpointEvents> {
  readonly #options: MsrpEndpointOptions;
  readonly #reader = new MessageReader();
  readonly #incoming = new IncomingMessages();
  readonly #outgoing = new Map<string, OutgoingMessage>();
  #arriving: Arriving | undefined;
  /** We may send: the passive end has heard from the active one. */
  readonly #begun = withResolvers();
  #isClosed = false;

  constructor(options: MsrpEndpointOptions) {
    super();
    this.#options = options;
    const { stream, active } = options;
    stream.on('data', (chunk: Buffer) => this.#received(chunk));
    stream.on('error', () => undefined);
    stream.on('end', () => this.#ended('closed by the peer'));
    stream.on('close', () => this.#ended('closed'));
    if (!active) return;
    this.#begun.resolve();
    // An empty SEND binds the connection to the session (RFC 4975 §5.4).
    this.#write({ transactionId: newTransactionId(), start: 'SEND', ...this.#paths(), headers: [messageIdHeader()] });
  }

  /**
   * Sends a message. Rejects with an EdgeError: `msrp-refused` (the status is in the sentence), `msrp-timeout`
   * or `msrp-closed`. `progress` is told the bytes that were written so far.
   */
  async send(message: MsrpMessage, progress: (bytes: number) => void = () => undefined): Promise<void> {
    const outgoing = new OutgoingMessage(messageIdHeader()[1], message);
    this.#outgoing.set(outgoing.messageId, outgoing);
    if (this.#isClosed) outgoing.fail(closedError());
    try {
      await Promise.race([this.#begun.promise, outgoing.done]);
      await this.#sendChunks(outgoing, message, progress);
      await outgoing.done;
    } finally {
      this.#outgoing.delete(outgoing.messageId);
    }
  }

  /** What was written is delivered; may be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { stream } = this.#options;
    const late = setTimeout(() => stream.destroy(), closeMs);
    stream.once('close', () => clearTimeout(late));
    stream.resume().end();
    this.#fail();
    this.removeAllListeners();
  }

  async #sendChunks(outgoing: OutgoingMessage, message: MsrpMessage, progress: (bytes: number) => void): Promise<void> {
    const { size } = message;
    let offset = 0;
    for await (const piece of message.content) {
      for (let start = 0; start < piece.length; start += chunkBytes) {
        const body = piece.subarray(start, start + chunkBytes);
        if (offset + body.length > size) throw this.#abort(outgoing, offset);
        await this.#sendChunk(outgoing, body, offset, offset + body.length === size ? '$' : '+');
        offset += body.length;
        progress(offset);
      }
    }
    if (size === 0) await this.#sendChunk(outgoing, Buffer.alloc(0), 0, '$');
    if (offset !== size) throw this.#abort(outgoing, offset);
  }

  async #sendChunk(outgoing: OutgoingMessage, body: Buffer, offset: number, flag: ContinuationFlag): Promise<void> {
    const { stream, answerMs = 30_000 } = this.#options;
    await outgoing.room(mostUnanswered);
    if (outgoing.error !== undefined) {
      if (outgoing.error.code !== 'msrp-closed') this.#abort(outgoing, offset);
      throw outgoing.error;
    }
    const chunk = outgoing.chunk(body, offset, flag);
    outgoing.sent(chunk.transactionId, answerMs);
    const accepts = this.#write({ ...chunk, ...this.#paths() });
    // The peer may have it all, and close, before the stream says that it has room again.
    if (flag === '$') outgoing.complete();
    else if (!accepts) await Promise.race([once(stream, 'drain').catch(() => undefined), outgoing.done]);
  }

  /** Tells the peer that no more of it comes (RFC 4975 §7.1). */
  #abort(outgoing: OutgoingMessage, offset: number): EdgeError {
    if (offset > 0) this.#write({ ...outgoing.chunk(Buffer.alloc(0), offset, '#'), ...this.#paths() });
    const error = new EdgeError('msrp-content', 'The content of the message has not the size that was announced.');
    outgoing.fail(error);
    return outgoing.error ?? error;
  }

  #paths() {
    return { toPath: this.#options.peerPath, fromPath: this.#options.path };
  }

  /** False if the stream has no room for more. */
  #write(draft: MsrpDraft): boolean {
    const { stream } = this.#options;
    return !stream.writable || stream.write(buildMessage(draft));
  }

  #received(chunk: Buffer): void {
    for (const unit of this.#reader.push(chunk)) {
      if (this.#isClosed) return;
      if (unit.kind === 'head') this.#arriving = this.#head(unit.head);
      else if (unit.kind === 'body') this.#body(unit.bytes);
      else if (unit.kind === 'end') this.#end(unit.flag);
      else {
        this.#ended(`what came is no MSRP (${unit.fault})`);
        return;
      }
    }
  }

  #head(head: MsrpHead): Arriving {
    if (head.method === undefined) return { head, message: undefined, status: 0 };
    if (!sameMsrpUri(headerOf(head, 'To-Path') ?? '', this.#options.path)) {
      return { head, message: undefined, status: 481 };
    }
    this.#begun.resolve();
    if (head.method !== 'SEND') return { head, message: undefined, status: head.method === 'REPORT' ? 200 : 501 };
    return { head, ...this.#incoming.begin(head) };
  }

  #body(bytes: Buffer): void {
    const { head, message } = this.#arriving ?? {};
    if (message === undefined || head === undefined) return;
    message.body(bytes);
    this.emit('body', headerOf(head, 'Message-ID') ?? '', bytes);
  }

  #end(flag: ContinuationFlag): void {
    const arriving = this.#arriving;
    this.#arriving = undefined;
    if (arriving === undefined) return;
    const { head, message } = arriving;
    const messageId = headerOf(head, 'Message-ID') ?? '';
    if (head.method === undefined) {
      for (const outgoing of this.#outgoing.values()) {
        if (outgoing.answered(head.transactionId, head.status ?? 0)) return;
      }
      return;
    }
    if (head.method === 'REPORT') {
      if (arriving.status === 200) this.#report(head, messageId);
      return;
    }
    this.#answer(arriving);
    if (message === undefined || flag === '+') return;
    this.#incoming.end(messageId);
    if (flag === '#') return;
    const received = message.complete();
    if (headerOf(head, 'Success-Report')?.toLowerCase() === 'yes') this.#reportSuccess(head, received);
    this.emit('message', received);
  }

  /** RFC 4975 §7.2: with Failure-Report no there is no answer, with partial none that is good. */
  #answer({ head, status }: Arriving): void {
    const wanted = headerOf(head, 'Failure-Report')?.toLowerCase() ?? 'yes';
    if (wanted === 'no' || (wanted === 'partial' && status === 200)) return;
    const toPath = (headerOf(head, 'From-Path') ?? '').split(' ', 1)[0] ?? '';
    const comment = comments[status] ?? '';
    const start = `${status} ${comment}`.trim();
    this.#write({ transactionId: head.transactionId, start, toPath, fromPath: this.#options.path });
    if (this.#options.stream.writableLength > mostWaiting) this.#ended('the peer does not read');
  }

  #reportSuccess(head: MsrpHead, { messageId, bytes }: MsrpReceived): void {
    this.#write({
      transactionId: newTransactionId(),
      start: 'REPORT',
      toPath: headerOf(head, 'From-Path') ?? '',
      fromPath: this.#options.path,
      headers: [
        ['Message-ID', messageId],
        ['Byte-Range', `1-${bytes}/${bytes}`],
        ['Status', '000 200 OK'],
      ],
    });
  }

  #report(head: MsrpHead, messageId: string): void {
    const status = /^000 (\d{3})/.exec(headerOf(head, 'Status') ?? '')?.[1];
    const end = /^\d+-(\d+)/.exec(headerOf(head, 'Byte-Range') ?? '')?.[1];
    if (status !== undefined) this.#outgoing.get(messageId)?.reported(Number(status), Number(end ?? 0));
  }

  #ended(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.stream.destroy();
    this.#fail();
    this.emit('closed', reason);
  }

  #fail(): void {
    for (const outgoing of this.#outgoing.values()) outgoing.fail(closedError());
    this.#begun.resolve();
  }
}

const comments: Record<number, string> = {
  200: 'OK',
  400: 'Bad Request',
  413: 'Stop Sending',
  481: 'No Such Session',
  501: 'Unknown Method',
};

function messageIdHeader(): [string, string] {
  return ['Message-ID', randomBytes(10).toString('hex')];
}

function closedError(): EdgeError {
  return new EdgeError('msrp-closed', 'The MSRP connection was closed before the message was delivered.');
}
