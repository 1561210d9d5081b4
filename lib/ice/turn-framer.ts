import { magicCookie } from './stun-attribute';
import { headerLength } from './stun-message';
import { channelHeaderBytes } from './turn-frames';

/** Takes what a {@link TurnFramer} finds. */
export interface TurnSink {
  /** A whole STUN message, or ChannelData with its header and without padding. False stops the framer for good. */
  frame(frame: Buffer): boolean;
  /** A header announced more bytes than the limit; the framer has stopped for good. */
  frameTooLong(length: number): void;
  /** Neither STUN nor ChannelData, so that nobody knows where the next one begins; the framer has stopped for good. */
  brokenFraming(): void;
}

/** Bytes that tell how long a frame is: of both kinds the length is the second half of the first four. */
const lengthBytes = channelHeaderBytes;

/**
 * Cuts the bytes of a TURN connection over TCP (RFC 8656 §12.5), however they were split on the way. A frame that lies
 * in one chunk is a view of that chunk; one that does not is copied once, into a buffer of its own size. The padding
 * behind ChannelData is not waited for. As in native/turn-framer.h.
 */
export class TurnFramer {
  /** The longest length that may be announced, in bytes; may be changed between frames. */
  limit: number;

  readonly #sink: TurnSink;
  /** The frame being put together, at first its length alone; or undefined. */
  #partial: Buffer | undefined;
  #filled = 0;
  /** Bytes to come that are nobody's. */
  #padding = 0;
  #stopped = false;

  constructor(limit: number, sink: TurnSink) {
    this.limit = limit;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - offset);
        this.#padding -= skipped;
        offset += skipped;
      } else {
        offset = this.#partial === undefined ? this.#start(chunk, offset) : this.#fill(chunk, offset, this.#partial);
      }
    }
  }

  #start(chunk: Buffer, offset: number): number {
    if (chunk.length - offset >= lengthBytes) {
      const end = offset + this.#lengthOf(chunk, offset);
      if (this.#stopped) return chunk.length;
      if (end <= chunk.length) {
        this.#deliver(chunk.subarray(offset, end));
        return end;
      }
    }
    this.#partial = Buffer.allocUnsafe(lengthBytes);
    this.#filled = 0;
    return offset;
  }

  #fill(chunk: Buffer, offset: number, partial: Buffer): number {
    const copied = chunk.copy(partial, this.#filled, offset);
    this.#filled += copied;
    if (this.#filled === partial.length) this.#grow(partial);
    return offset + copied;
  }

  #grow(partial: Buffer): void {
    const length = partial.length === lengthBytes ? this.#lengthOf(partial, 0) : partial.length;
    if (this.#stopped) return;
    if (length > partial.length) {
      this.#partial = Buffer.allocUnsafe(length);
      partial.copy(this.#partial);
    } else {
      this.#partial = undefined;
      this.#deliver(partial);
    }
  }

  /** Of the whole frame without padding. */
  #lengthOf(bytes: Buffer, offset: number): number {
    const first = bytes[offset] ?? 0;
    const announced = bytes.readUInt16BE(offset + 2);
    const isMessage = first < 0x40;
    if (first >= 0x80 || (isMessage && announced % 4 !== 0)) this.#break();
    else if (announced > this.limit) {
      this.#stopped = true;
      this.#sink.frameTooLong(announced);
    }
    return announced + (isMessage ? headerLength : channelHeaderBytes);
  }

  #deliver(frame: Buffer): void {
    const isMessage = (frame[0] ?? 0) < 0x40;
    if (isMessage && frame.readUInt32BE(4) !== magicCookie) {
      this.#break();
      return;
    }
    this.#padding = isMessage ? 0 : -frame.length & 3;
    if (!this.#sink.frame(frame)) this.#stopped = true;
  }

  #break(): void {
    this.#stopped = true;
    this.#sink.brokenFraming();
  }
}
