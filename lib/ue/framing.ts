import { EdgeError } from '../errors';

/**
 * Puts a packet into an RFC 4571 §2 frame: 16-bit big-endian length, then the packet.
 *
 *     0                   1                   2
 *     +-------------------+-------------------+------------ …
 *     |  length, bytes    (big-endian)        | RTP, RTCP or STUN packet
 *     +-------------------+-------------------+------------ …
 */
export function frame(packet: Buffer): Buffer {
  if (packet.length > 0xffff) {
    throw new EdgeError('frame-too-long', `A packet of ${packet.length} bytes does not fit into an RFC 4571 frame.`);
  }
  const framed = Buffer.allocUnsafe(2 + packet.length);
  framed.writeUInt16BE(packet.length, 0);
  packet.copy(framed, 2);
  return framed;
}

/**
 * Takes the frames out of a TCP byte stream, wherever its segments were split or merged. Holds one
 * unfinished frame at most, so it never keeps more than 65537 bytes. Empty frames are legal and yielded.
 */
export class Deframer {
  readonly #chunks: Buffer[] = [];
  #buffered = 0;

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const packets: Buffer[] = [];
    for (;;) {
      const length = this.#peekLength();
      if (length === undefined || this.#buffered < 2 + length) return packets;
      packets.push(this.#take(2 + length).subarray(2));
    }
  }

  #peekLength(): number | undefined {
    if (this.#buffered < 2) return undefined;
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= 2) return first.readUInt16BE(0);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, joined);
    return joined.readUInt16BE(0);
  }

  #take(bytes: number): Buffer {
    const first = this.#chunks[0];
    const joined = first !== undefined && first.length >= bytes ? first : Buffer.concat(this.#chunks);
    if (joined !== first) this.#chunks.splice(0, this.#chunks.length);
    else this.#chunks.shift();
    if (joined.length > bytes) this.#chunks.unshift(joined.subarray(bytes));
    this.#buffered -= bytes;
    return joined.subarray(0, bytes);
  }
}
