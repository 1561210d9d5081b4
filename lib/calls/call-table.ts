import { randomUUID } from 'node:crypto';
import { EdgeError } from '../errors';
import { Call, type CallAnchor, type Direction, type EndCause } from './call';

export interface CallTableOptions {
  /** Calls under way at most. */
  maxCalls: number;
  /** Time in ms since the epoch. */
  now?: () => number;
}

/** The calls under way. */
export class CallTable {
  readonly #options: CallTableOptions;
  readonly #calls = new Set<Call>();
  /** Ended calls whose media is still being released. */
  readonly #releasing = new Set<Promise<void>>();

  constructor(options: CallTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** A new call, in the table until it ends. Throws `too-many-calls` (503). */
  open(direction: Direction, sipCallId: string, anchor: CallAnchor): Call {
    if (this.#calls.size >= this.#options.maxCalls) {
      const message = 'There are as many calls under way as there may be.';
      throw new EdgeError('too-many-calls', message, { sipStatus: 503, retryAfter: 10 });
    }
    const startedAt = (this.#options.now ?? Date.now)();
    const call = new Call({ id: randomUUID(), direction, sipCallId, startedAt }, anchor);
    this.#calls.add(call);
    call.onEnd(() => {
      this.#calls.delete(call);
      const released = call.released().finally(() => this.#releasing.delete(released));
      this.#releasing.add(released);
    });
    return call;
  }

  /** Ends all calls under way and resolves when the media of all ended calls is released. */
  async endAll(cause: EndCause): Promise<void> {
    for (const call of [...this.#calls]) call.end(cause);
    await this.settled();
  }

  /** Resolves when no ended call holds media any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#releasing);
  }
}
