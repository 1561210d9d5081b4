import { Deframer, type FrameSink } from '../ice/deframer';
import { isMediaOpening } from '../port/first-bytes';

/** Whose connection it is; may close it whenever it is called. */
export interface UeReaderOwner extends FrameSink {
  /** All that came so far is not the beginning of media; asked again with more until `takeFrames` or `giveTo`. */
  opening(bytes: Buffer): void;
}

/** Cuts the bytes of a connection, in their order. */
interface ByteTaker {
  push(chunk: Buffer): unknown;
}

/** What comes from a UE over its connection, cut into frames; as native/ue-reader.h, of which control answers later. */
export class UeReader {
  readonly #firstFrameBytes: number;
  readonly #owner: UeReaderOwner;
  readonly #deframer: Deframer;
  /** Once it is known what the connection carries. */
  #taker: ByteTaker | undefined;
  /** What came until it was known what that is. */
  #opening: Buffer = Buffer.alloc(0);

  /** @param firstFrameBytes bytes that a frame may have until `admit` */
  constructor(firstFrameBytes: number, owner: UeReaderOwner) {
    this.#firstFrameBytes = firstFrameBytes;
    this.#owner = owner;
    this.#deframer = new Deframer(firstFrameBytes, owner);
  }

  /** From now on so long frames are taken: it is no stranger's any more. */
  admit(longestFrame: number): void {
    this.#deframer.limit = longestFrame;
  }

  read(chunk: Buffer): void {
    if (this.#taker !== undefined) {
      this.#taker.push(chunk);
      return;
    }
    const opening = Buffer.concat([this.#opening, chunk]);
    this.#opening = opening;
    const isMedia = isMediaOpening(opening, this.#firstFrameBytes);
    if (isMedia === true) this.takeFrames(opening);
    else if (isMedia === false) this.#owner.opening(opening);
  }

  /** From here on all is frames. */
  takeFrames(bytes: Buffer): void {
    this.giveTo(this.#deframer, bytes);
  }

  /** From here on all is cut elsewhere. */
  giveTo(taker: ByteTaker, bytes: Buffer): void {
    this.#taker = taker;
    this.#opening = Buffer.alloc(0);
    taker.push(bytes);
  }
}
