import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { EdgeError } from '../errors';
import type { MediaAnchor } from '../media/media-anchor';
import { wallClock } from '../ops/clock';
import { CallHistory, historyLimits } from './call-history';
import type { LadderEvent } from './ladder';
import { Call, type CallFacts, type CallRecord, type EndCause } from './call';

export interface CallTableEvents {
  /** A call has ended and its media is released. */
  ended: [record: CallRecord];
}

/** Is told of what happens in all calls, as it happens. */
export interface CallObserver {
  /** What is no SIP message. */
  step(call: CallFacts, event: LadderEvent): void;
  /** A SIP message, as the SIP server has it. */
  message(call: CallFacts, raw: string): void;
}

/** The calls under way. */
export class CallTable extends EventEmitter<CallTableEvents> {
  /** Calls that may be under way; those that are more when it is lowered go on. */
  most: number;
  readonly history: CallHistory;
  readonly #calls = new Map<string, Call>();
  readonly #observer: CallObserver | undefined;
  /** Ended calls whose media is still being released. */
  readonly #releasing = new Set<Promise<void>>();

  /** @param most calls under way */
  constructor(
    most: number,
    { observer, ladders = true }: { observer?: CallObserver | undefined; ladders?: boolean } = {},
  ) {
    super();
    this.most = most;
    this.history = new CallHistory(ladders ? historyLimits : { ...historyLimits, bytes: 0 });
    this.#observer = observer;
  }

  /** The newest last. */
  underWay(): readonly Call[] {
    return [...this.#calls.values()];
  }

  get(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  get size(): number {
    return this.#calls.size;
  }

  /**
   * A new call, in the table until it ends.
   * @throws EdgeError `too-many-calls` (503), and as the anchor
   */
  open(facts: Omit<CallFacts, 'id' | 'startedAt'>, anchor: MediaAnchor): Call {
    if (this.#calls.size >= this.most) {
      const message = 'There are as many calls under way as there may be.';
      throw new EdgeError('too-many-calls', message);
    }
    const known = { ...facts, id: randomUUID(), startedAt: wallClock() };
    const observer = this.#observer;
    const listener = observer && {
      step: (event: LadderEvent) => observer.step(known, event),
      message: (raw: string) => observer.message(known, raw),
    };
    const call = new Call(known, anchor, this.history.ladder(), listener);
    this.#calls.set(call.id, call);
    call.onEnd((cause) => {
      this.#calls.delete(call.id);
      const { facts, answeredAt, endedAt } = call;
      const released = call.released().then((streams) => {
        this.#releasing.delete(released);
        // Of a short call, the way of its media is known only now.
        const { firstMedia } = call;
        const record = { ...facts, answeredAt, endedAt, firstMedia, cause, streams };
        const { ladder, counts } = call.witness;
        this.history.add({ record, evidence: call.evidence(streams), ladder, counts });
        this.emit('ended', record);
      });
      this.#releasing.add(released);
    });
    return call;
  }

  /** Ends all calls under way and resolves when the media of all ended calls is released. */
  async endAll(cause: EndCause): Promise<void> {
    for (const call of [...this.#calls.values()]) call.end(cause);
    await this.settled();
  }

  /** Resolves when no call is under way and none holds media any more. */
  async emptied(): Promise<void> {
    while (this.#calls.size + this.#releasing.size > 0) await once(this, 'ended');
  }

  /** Resolves when no ended call holds media any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#releasing);
  }
}
