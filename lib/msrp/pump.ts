import type { Duplex } from 'node:stream';

/** What a stream keeps of one piece that waits is more than a small piece: of so many, one is made. */
const mostPieces = 8;

/** Takes what a {@link Pump} sees. */
export interface PumpListener {
  /** Bytes came in. */
  received(bytes: number): void;
  /** One write waited for longer than it may. */
  stalled(): void;
}

/** Chunks to write for a chunk read; undefined if the stream cannot go on. */
export type Translation = (chunk: Buffer) => readonly Buffer[] | undefined;

/**
 * Moves bytes from one stream to another, in one direction, and reads no more while what was written waits:
 * what it holds is one chunk beyond the buffers of both.
 */
export class Pump {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #listener: PumpListener;
  readonly #stallMs: number;
  readonly #translate: Translation;
  #stall: NodeJS.Timeout | undefined;
  #isCorked = false;
  #stopped = false;
  readonly #data = (chunk: Buffer) => this.#move(chunk);
  readonly #drained = () => this.#goOn();

  constructor(from: Duplex, to: Duplex, stallMs: number, listener: PumpListener, translate: Translation) {
    this.#from = from;
    this.#to = to;
    this.#listener = listener;
    this.#stallMs = stallMs;
    this.#translate = translate;
    to.on('drain', this.#drained);
    from.on('data', this.#data);
    // A connection that waited was paused, and a listener alone does not end that.
    from.resume();
  }

  /** Nothing is moved any more; may be called twice. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#stall);
    this.#from.off('data', this.#data);
    this.#to.off('drain', this.#drained);
  }

  #move(chunk: Buffer): void {
    this.#listener.received(chunk.length);
    const translated = this.#stopped ? undefined : this.#translate(chunk);
    if (translated === undefined || !this.#to.writable) return;
    this.#cork();
    let accepts = true;
    for (const piece of few(translated)) accepts = this.#to.write(piece);
    if (accepts || this.#stall !== undefined) return;
    this.#from.pause();
    this.#stall = setTimeout(() => this.#listener.stalled(), this.#stallMs);
  }

  #goOn(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
    if (!this.#stopped) this.#from.resume();
  }

  /** What arrives in one go, in many small frames, becomes one system call. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#to.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#to.uncork();
    });
  }
}

function few(pieces: readonly Buffer[]): readonly Buffer[] {
  return pieces.length > mostPieces ? [Buffer.concat(pieces)] : pieces;
}
