import type { CallRecord } from './call';
import type { Evidence } from './evidence';
import { Ladder, type LadderMemory } from './ladder';
import type { Counted } from './witness';

/** What is kept of a call that has ended. */
export interface EndedCall {
  record: CallRecord;
  evidence: Evidence;
  ladder: Ladder;
  counts: readonly Counted[];
}

/** Calls, and bytes of the ladders of all calls, under way or not. */
export const historyLimits = { calls: 1000, bytes: 48 * 1024 * 1024 };

/**
 * The calls that ended last, and the memory that all ladders share: where that is full, the oldest ended calls make room,
 * and where none is left, steps are not kept.
 */
export class CallHistory implements LadderMemory {
  readonly #most: typeof historyLimits;
  /** By id, the oldest first. */
  readonly #ended = new Map<string, EndedCall>();
  #bytes = 0;

  constructor(most: typeof historyLimits = historyLimits) {
    this.#most = most;
  }

  /** What all ladders take of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of a new call; without memory for any it keeps nothing. */
  ladder(): Ladder {
    const ladder = new Ladder(this);
    if (this.#most.bytes === 0) ladder.close();
    return ladder;
  }

  take(bytes: number): boolean {
    while (this.#bytes + bytes > this.#most.bytes && this.#forgetOldest());
    if (bytes > 0 && this.#bytes + bytes > this.#most.bytes) return false;
    this.#bytes += bytes;
    return true;
  }

  add(call: EndedCall): void {
    this.#ended.set(call.record.id, call);
    if (this.#ended.size > this.#most.calls) this.#forgetOldest();
  }

  /** The newest first. */
  ended(): readonly EndedCall[] {
    return [...this.#ended.values()].reverse();
  }

  get(id: string): EndedCall | undefined {
    return this.#ended.get(id);
  }

  #forgetOldest(): boolean {
    const [oldest] = this.#ended.values();
    if (oldest === undefined) return false;
    this.#ended.delete(oldest.record.id);
    oldest.ladder.close();
    return true;
  }
}
