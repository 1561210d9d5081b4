import { EdgeError } from '../errors';

/** A message that is being sent, until every chunk is answered and, where it was asked for, a report covers it. */
export class OutgoingMessage {
  readonly done: Promise<void>;
  readonly messageId: string;
  readonly #wantsReport: boolean;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  /** Transactions that are not answered, and what ends their waiting. */
  readonly #unanswered = new Map<string, NodeJS.Timeout>();
  #bytes: number | undefined;
  #reported = 0;
  #error: EdgeError | undefined;
  #room: (() => void) | undefined;

  constructor(messageId: string, wantsReport: boolean) {
    this.messageId = messageId;
    this.#wantsReport = wantsReport;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever sends awaits it only after the last chunk.
    this.done.catch(() => undefined);
  }

  /** Why it failed. */
  get error(): EdgeError | undefined {
    return this.#error;
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
  complete(bytes: number): void {
    this.#bytes = bytes;
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
    this.#reject(this.#error);
  }

  #check(): void {
    if (this.#bytes === undefined || this.#unanswered.size > 0) return;
    if (!this.#wantsReport || this.#reported >= this.#bytes) this.#resolve();
  }
}

function refused(status: number): EdgeError {
  return new EdgeError('msrp-refused', `The peer refused the message with ${status}.`);
}
