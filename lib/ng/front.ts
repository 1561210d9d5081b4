import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import { maxCommandsUnderWay } from './limits';
import { errorReply, joinMessage, readRequest, splitMessage, writeReply, type NgRequest } from './message';
import { Repeats } from './repeats';
import type { NgDictionary } from './value';

/** What executes commands. */
export interface NgExecutor {
  /** The reply, bencoded, or to be. @throws EdgeError where there is none */
  execute(request: NgRequest): Promise<Buffer | NgDictionary>;
}

/** What became of a message of a client. `unanswered`: rtpengine was silent; `overload`: too many were under way. */
type Outcome = 'answered' | 'repeated' | 'unreadable' | 'unanswered' | 'overload';

/**
 * Takes messages of ng clients, and gives their replies. As rtpengine does, it is silent to what has no cookie; where
 * rtpengine does not answer, it is silent, too: clients repeat, and go to another node.
 */
export class NgFront {
  readonly #executor: NgExecutor;
  readonly #repeats = new Repeats(monotonicNow);
  readonly #outcomes = new Tally<Outcome>();
  readonly #logger: Logger;
  readonly #log: OccasionalLog;

  constructor(executor: NgExecutor, logger: Logger) {
    this.#executor = executor;
    this.#logger = logger;
    this.#log = new OccasionalLog(logger);
  }

  counts() {
    return { ...this.#outcomes.counts(), underWay: this.#repeats.underWay, keptBytes: this.#repeats.bytes };
  }

  /**
   * A message with its cookie.
   * @param client its address
   * @returns the reply with the same cookie; undefined: there is none. Never rejects.
   */
  async receive(client: string, bytes: Buffer): Promise<Buffer | undefined> {
    const message = splitMessage(bytes);
    if (message === undefined) {
      this.#unreadable(client, 'it has no cookie, or is too long');
      return undefined;
    }
    const before = this.#repeats.of(client, message);
    if (before) this.#outcomes.add('repeated');
    const run = () => this.#run(client, message.payload);
    const payload = await (before ?? (this.#isFull(client) ? undefined : this.#repeats.keep(client, message, run)));
    return payload && joinMessage({ cookie: message.cookie, payload });
  }

  /** One without a cookie, over what loses and repeats nothing; returns as {@link receive}. */
  async receivePlain(client: string, payload: Buffer): Promise<Buffer | undefined> {
    return this.#isFull(client) ? undefined : this.#run(client, payload);
  }

  async #run(client: string, payload: Buffer): Promise<Buffer | undefined> {
    const request = readRequest(payload);
    if ('error' in request) {
      this.#unreadable(client, request.error);
      return writeReply(request.format, errorReply(request.error));
    }
    try {
      const reply = writeReply(request.format, await this.#executor.execute(request));
      this.#outcomes.add('answered');
      return reply;
    } catch (error) {
      this.#outcomes.add('unanswered');
      const about = { client, command: request.name.slice(0, 32) };
      if (error instanceof EdgeError) this.#log.warn({ ...about, reason: error.message }, 'an ng command has no reply');
      else this.#logger.error({ ...about, err: error }, 'an ng command failed');
      return undefined;
    }
  }

  #isFull(client: string): boolean {
    if (this.#repeats.underWay < maxCommandsUnderWay) return false;
    this.#outcomes.add('overload');
    this.#log.warn({ client, underWay: this.#repeats.underWay }, 'an ng command is dropped: too many are under way');
    return true;
  }

  #unreadable(client: string, reason: string): void {
    this.#outcomes.add('unreadable');
    this.#log.warn({ client, reason }, 'an ng message cannot be read');
  }
}
