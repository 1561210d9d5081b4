/** Called with how many whole frames were dropped. */
export type OnDropped = (reason: 'queue-age' | 'queue-bytes', frames: number) => void;

/**
 * Media that waits, for a UE that reads slowly or for the selection of its connection, oldest first. Bounded by age,
 * since old media is worth nothing to the ear however few bytes it has, and by bytes, since a burst of video is many in
 * a short time. The clock is the caller's.
 */
export class MediaQueue {
  /** ms; what waited longer is dropped. */
  maxAge: number;

  readonly #maxBytes: number;
  readonly #maxFrames: number;
  readonly #dropped: OnDropped;
  /** Frames and their times of arrival, in step; those before `#head` are gone. */
  #frames: (Buffer | undefined)[] = [];
  #arrivals: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxAge: number, maxBytes: number, dropped: OnDropped, maxFrames = Infinity) {
    this.maxAge = maxAge;
    this.#maxBytes = maxBytes;
    this.#maxFrames = maxFrames;
    this.#dropped = dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#frames.length - this.#head;
  }

  /** Adds a frame, and drops the oldest until the bounds hold; `now` in ms. */
  push(frame: Buffer, now: number): void {
    this.#frames.push(frame);
    this.#arrivals.push(now);
    this.#bytes += frame.length;
    this.#dropOld(now);
    let excess = 0;
    for (; this.#bytes > this.#maxBytes || this.length > this.#maxFrames; excess++) this.#remove();
    if (excess > 0) this.#dropped('queue-bytes', excess);
  }

  /** Takes out the oldest frame that is not too old; undefined if there is none. */
  shift(now: number): Buffer | undefined {
    this.#dropOld(now);
    return this.#remove();
  }

  clear(): void {
    this.#frames = [];
    this.#arrivals = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #dropOld(now: number): void {
    let old = 0;
    for (; now - (this.#arrivals[this.#head] ?? now) > this.maxAge; old++) this.#remove();
    if (old > 0) this.#dropped('queue-age', old);
  }

  #remove(): Buffer | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#frames[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= frame.length;
    if (this.#head === this.#frames.length) this.clear();
    else if (this.#head >= 256 && this.#head * 2 >= this.#frames.length) this.#compact();
    return frame;
  }

  #compact(): void {
    this.#frames = this.#frames.slice(this.#head);
    this.#arrivals = this.#arrivals.slice(this.#head);
    this.#head = 0;
  }
}
