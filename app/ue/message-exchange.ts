import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { stat } from 'node:fs/promises';
import { EdgeError } from '../../lib/errors';
import type { PhoneCall } from '../../lib/ue/phone-call';
import type { MsrpReceived } from '../../lib/ue/msrp-incoming';
import type { Observer } from '../../lib/ue/ue-event';

/** What is to be done by MSRP in a call. */
export interface MessageTask {
  sendFile: string | undefined;
  sendText: string | undefined;
  /** Messages that shall arrive. */
  receive: number;
  /** Where the content of the newest message that came is written. */
  receiveFile: string | undefined;
  /** Each message that came is sent back. */
  sendBack: boolean;
}

/** Sends and receives by MSRP what the task says; content that comes is not kept in memory. */
export class MessageExchange {
  readonly #task: MessageTask;
  readonly #observer: Observer;
  readonly #arrivals = new EventEmitter<{ message: [] }>();
  #writing: { messageId: string; file: number } | undefined;
  #received = 0;
  #awaited = 0;

  constructor(task: MessageTask, observer: Observer) {
    this.#task = task;
    this.#observer = observer;
  }

  /** To be given to the phone. */
  readonly body = (messageId: string, bytes: Buffer): void => {
    const { receiveFile } = this.#task;
    if (receiveFile === undefined) return;
    this.#writing ??= { messageId, file: openSync(receiveFile, 'w') };
    // At once: what waited for the disk would be without a bound.
    if (this.#writing.messageId === messageId) writeSync(this.#writing.file, bytes);
  };

  /** To be given to the phone. */
  readonly message = ({ messageId }: MsrpReceived): void => {
    if (this.#writing?.messageId === messageId) this.close();
    this.#received += 1;
    this.#arrivals.emit('message');
  };

  /** Does all of it, once. Rejects with `msrp-missing` if the call ends before, else as the sending does. */
  async run(call: PhoneCall): Promise<void> {
    await Promise.all([this.#sendOurs(call), this.#receiveTheirs(call)]);
  }

  /** May be called twice. */
  close(): void {
    if (this.#writing !== undefined) closeSync(this.#writing.file);
    this.#writing = undefined;
  }

  async #sendOurs(call: PhoneCall): Promise<void> {
    const { sendFile, sendText } = this.#task;
    if (sendText !== undefined) {
      const text = Buffer.from(sendText);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const message = { contentType: 'text/plain;charset=utf-8', content: [text], size: text.length, sha256 };
      await call.media.messages.send({ ...message, successReport: true });
    }
    if (sendFile !== undefined) await this.#send(call, sendFile);
  }

  async #receiveTheirs(call: PhoneCall): Promise<void> {
    const { receive, receiveFile, sendBack } = this.#task;
    for (let i = 0; i < receive; i++) {
      this.#awaited += 1;
      await this.#arrival(call, this.#awaited);
      if (sendBack && receiveFile !== undefined) await this.#send(call, receiveFile);
    }
  }

  async #arrival(call: PhoneCall, count: number): Promise<void> {
    const over = new AbortController();
    void call.ended.then(() => over.abort());
    while (this.#received < count)
      await once(this.#arrivals, 'message', { signal: over.signal }).catch(() => {
        throw new EdgeError('msrp-missing', `The call ended with ${this.#received} messages received by MSRP.`);
      });
  }

  async #send(call: PhoneCall, path: string): Promise<void> {
    const { size, sha256 } = await measured(path);
    let told = 0;
    const progress = (bytes: number) => {
      if (bytes < size && bytes - told < size / 100) return;
      told = bytes;
      this.#observer({ event: 'msrp-progress', bytes, size });
    };
    const content = createReadStream(path) as AsyncIterable<Buffer>;
    const message = { contentType: 'application/octet-stream', content, size, sha256, successReport: true };
    await call.media.messages.send(message, progress);
  }
}

async function measured(path: string): Promise<{ size: number; sha256: string }> {
  try {
    const { size } = await stat(path);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece);
    return { size, sha256: hash.digest('hex') };
  } catch (cause) {
    throw new EdgeError('file-unreadable', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
