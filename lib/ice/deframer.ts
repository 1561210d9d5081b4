/*
 *   0                   1                     RFC 4571 §2: before everything that goes over the
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 ...       connection, STUN and DTLS too (RFC 6544 §3)
 *  +-------------------------------+------------------
 *  |   length, without itself      |  that many bytes
 *  +-------------------------------+------------------
 */
const headerBytes = 2;

/** Bytes of the longest frame that a header can announce. */
export const longestAnnounced = 0xffff;

/** Takes what a {@link Deframer} finds. */
export interface FrameSink {
  /** A whole frame, never empty. False stops the deframer for good: the connection was closed. */
  frame(frame: Buffer): boolean;
  /** A header announced more bytes than the limit; the deframer has stopped for good. `header` has 2 bytes. */
  frameTooLong(header: number): void;
}

/**
 * Cuts a byte stream, however it was split on the way, into frames. A frame that lies in one chunk is a
 * view of that chunk; one that does not is copied once, into a buffer of its own size, so that a peer that
 * sends byte by byte cannot make us keep more than one frame.
 */
export class Deframer {
  /** The longest frame taken, in bytes; may be changed between frames. */
  limit: number;

  readonly #sink: FrameSink;
  /** The first byte of a header whose second has not come, or -1. */
  #highByte = -1;
  /** The frame being put together, or undefined. */
  #partial: Buffer | undefined;
  #filled = 0;
  #stopped = false;

  constructor(limit: number, sink: FrameSink) {
    this.limit = limit;
    this.#sink = sink;
  }

  /** Takes whatever the header can announce. */
  static ofAnyLength(take: (frame: Buffer) => void): Deframer {
    const frame = (bytes: Buffer) => {
      take(bytes);
      return true;
    };
    return new Deframer(longestAnnounced, { frame, frameTooLong: () => undefined });
  }

  /** Gives how many bytes were consumed: fewer than all only if it stopped. */
  push(chunk: Buffer): number {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      offset = this.#partial === undefined ? this.#start(chunk, offset) : this.#fill(chunk, offset, this.#partial);
    }
    return offset;
  }

  /** Reads a header, and the frame behind it where all of it is there. */
  #start(chunk: Buffer, offset: number): number {
    if (this.#highByte < 0 && chunk.length - offset < headerBytes) {
      this.#highByte = chunk[offset] ?? 0;
      return chunk.length;
    }
    const split = this.#highByte >= 0;
    const length = split ? (this.#highByte << 8) | (chunk[offset] ?? 0) : chunk.readUInt16BE(offset);
    this.#highByte = -1;
    const body = offset + (split ? 1 : headerBytes);
    if (length > this.limit) {
      this.#stopped = true;
      this.#sink.frameTooLong(length);
      return body;
    }
    // RFC 4571 §2: a length of 0 is a null packet, and legal.
    if (length === 0) return body;
    if (chunk.length - body >= length) {
      this.#deliver(chunk.subarray(body, body + length));
      return body + length;
    }
    this.#partial = Buffer.allocUnsafe(length);
    this.#filled = 0;
    return body;
  }

  #fill(chunk: Buffer, offset: number, partial: Buffer): number {
    const copied = chunk.copy(partial, this.#filled, offset);
    this.#filled += copied;
    if (this.#filled === partial.length) {
      this.#partial = undefined;
      this.#deliver(partial);
    }
    return offset + copied;
  }

  #deliver(frame: Buffer): void {
    if (!this.#sink.frame(frame)) this.#stopped = true;
  }
}

/** A frame with its header, in one buffer: the one copy of a packet on its way. Throws beyond {@link longestAnnounced}. */
export function framed(packet: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + packet.length);
  frame.writeUInt16BE(packet.length, 0);
  packet.copy(frame, headerBytes);
  return frame;
}
