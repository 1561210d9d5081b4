import { EdgeError } from '../errors';
import type { ContinuationFlag } from '../msrp/message-reader';
import { newTransactionId, type MsrpDraft } from '../msrp/message-writer';
import { withResolvers } from '../with-resolvers';

export interface MsrpMessage {
  contentType: string;
  /** In pieces of any size; what is read is what the peer has room for. */
  content: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Bytes of all of it. */
  size: number;
  /** Done only once the receiver has said that it has it all. */
  successReport?: boolean;
}

/** A message that is being sent, until every chunk is answered and, where it was asked for, a report covers it. */
export class OutgoingMessage {
  readonly messageId: string;
  readonly #message: MsrpMessage;
  readonly #done = withResolvers();
  /** Transactions that are not answered, and what ends their waiting. */
  readonly #unanswered = new Map<string, NodeJS.Timeout>();
  #isComplete = false;
  #reported = 0;
  #error: EdgeError | undefined;
  #room: (() => void) | undefined;

  constructor(messageId: string, message: MsrpMessage) {
    this.messageId = messageId;
    this.#message = message;
    // Whoever sends awaits it only after the last chunk.
    this.#done.promise.catch(() => undefined);
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Why it failed. */
  get error(): EdgeError | undefined {
    return this.#error;
  }

  /** What one chunk of it is, but for the paths. @param offset bytes before it */
  chunk(body: Buffer, offset: number, flag: ContinuationFlag): Omit<MsrpDraft, 'toPath' | 'fromPath'> {
    const { contentType, size, successReport } = this.#message;
    const headers: [string, string][] = [
      ['Message-ID', this.messageId],
      // Chunks of more than 2048 bytes leave their end open, as they may be interrupted (RFC 4975 §7.1.1).
      ['Byte-Range', `${offset + 1}-${body.length > 2048 ? '*' : offset + body.length}/${size}`],
    ];
    if (successReport === true) headers.push(['Success-Report', 'yes']);
    headers.push(['Content-Type', contentType]);
    return { transactionId: newTransactionId(body), start: 'SEND', headers, body, flag };
  }

  /** Resolves once fewer chunks than this are unanswered, or it failed. */
  async room(most: number): Promise<void> {
    while (this.#unanswered.size >= most && this.#error === undefined) {
      await new Promise<void>((resolve) => (this.#room = resolve));
    }
  }

  /** RFC 4975 §7.1.1: no answer in the time (ms) is 408. */
  sent(transactionId: string, timeoutMs: number): void {
    const late = () => this.fail(new EdgeError('msrp-timeout', 'The peer did not answer a chunk in time.'));
    this.#unanswered.set(transactionId, setTimeout(late, timeoutMs));
  }

  /** All of it was sent. */
  complete(): void {
    this.#isComplete = true;
    this.#check();
  }

  /** False if the transaction is none of this message. */
  answered(transactionId: string, status: number): boolean {
    const timer = this.#unanswered.get(transactionId);
    if (timer === undefined) return false;
    clearTimeout(timer);
    this.#unanswered.delete(transactionId);
    if (status >= 200 && status < 300) this.#check();
    else this.fail(refused(status));
    this.#room?.();
    return true;
  }

  /** @param end the last byte that the report covers, from 1 */
  reported(status: number, end: number): void {
    if (status >= 200 && status < 300) {
      this.#reported = Math.max(this.#reported, end);
      this.#check();
    } else {
      this.fail(refused(status));
    }
  }

  fail(error: EdgeError): void {
    this.#error ??= error;
    for (const timer of this.#unanswered.values()) clearTimeout(timer);
    this.#unanswered.clear();
    this.#room?.();
    this.#done.reject(this.#error);
  }

  #check(): void {
    if (!this.#isComplete || this.#unanswered.size > 0) return;
    if (this.#message.successReport !== true || this.#reported >= this.#message.size) this.#done.resolve();
  }
}

function refused(status: number): EdgeError {
  return new EdgeError('msrp-refused', `The peer refused the message with ${status}.`);
}
