/** Where something was, or came from and went to. */
export type Place = 'ue' | 'edge' | 'core';

/** One step of a call. */
export interface LadderEvent {
  /** Time in ms since the epoch. */
  at: number;
  /** Both are the same for what happened there. */
  from: Place;
  to: Place;
  /** One line for people. */
  what: string;
  /** What there is to read of it beside, such as a SIP message without its secrets. */
  more?: string;
}

/** Who has the memory that ladders share. */
export interface LadderMemory {
  /** Whether there is room for so many bytes; they are taken then. */
  take(bytes: number): boolean;
}

/** Bytes of one ladder, and steps; of a longer one the middle is left out. */
export const ladderLimits = { bytes: 64 * 1024, first: 60, last: 60, more: 4096, what: 300 };

/** What one step takes beside its texts, about. */
const eventBytes = 120;

/** What happened in one call, in order: the first steps and the last, bounded in number and bytes. */
export class Ladder {
  readonly #memory: LadderMemory;
  readonly #first: LadderEvent[] = [];
  readonly #last: LadderEvent[] = [];
  #bytes = 0;
  #missed = 0;
  #isClosed = false;

  constructor(memory: LadderMemory) {
    this.#memory = memory;
  }

  /** What it takes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** False: what happens is not kept, now or ever again. */
  get isKept(): boolean {
    return !this.#isClosed;
  }

  /** Steps that are left out, between the first and the last. */
  get missed(): number {
    return this.#missed;
  }

  /** In the order in which they happened. */
  get events(): readonly LadderEvent[] {
    return [...this.#first, ...this.#last];
  }

  /** Gives back what it takes; what happens from now on is not kept. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#memory.take(-this.#bytes);
  }

  add({ what, more, ...event }: LadderEvent): void {
    if (this.#isClosed) return;
    const { first, last, bytes: most } = ladderLimits;
    const kept: LadderEvent = { ...event, what: copyOf(what, ladderLimits.what) };
    if (more !== undefined) kept.more = copyOf(more, ladderLimits.more);
    const bytes = sizeOf(kept);
    const isFirst = this.#last.length === 0 && this.#first.length < first && this.#bytes + bytes <= most / 2;
    // What came last tells how it ended.
    while (!isFirst && (this.#last.length >= last || (this.#bytes + bytes > most && this.#last.length > 0)))
      this.#leaveOut();
    if (this.#bytes + bytes > most || !this.#memory.take(bytes)) {
      this.#missed += 1;
      return;
    }
    this.#bytes += bytes;
    (isFirst ? this.#first : this.#last).push(kept);
  }

  #leaveOut(): void {
    const oldest = this.#last.shift();
    if (oldest === undefined) return;
    this.#missed += 1;
    this.#bytes -= sizeOf(oldest);
    this.#memory.take(-sizeOf(oldest));
  }
}

function sizeOf({ what, more = '' }: LadderEvent): number {
  return eventBytes + what.length + more.length;
}

/** The beginning of a text, by itself: V8 keeps the whole of a string as long as there is a part of it. */
function copyOf(text: string, most: number): string {
  return Buffer.from(text.slice(0, most)).toString();
}
