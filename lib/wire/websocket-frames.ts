/** Opcodes from here on are control frames, which come between the fragments of a message (RFC 6455 §5.4, §5.5). */
const firstControl = 8;

/**
 * Follows a stream of WebSocket frames (RFC 6455 §5.2) from one end to the next, to tell whether a message has begun and is
 * not complete. Whether the frames are right is not looked at.
 */
export class WebSocketFrames {
  /** What has come of a head that is not complete. */
  #head: number[] = [];
  /** Bytes to come of the payload. */
  #left = 0;
  #isFragmented = false;

  /** @returns how many frames have their head complete with it */
  push(chunk: Buffer): number {
    let heads = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#head.push(chunk[at] ?? 0);
        at += 1;
        if (this.#endHead()) heads += 1;
      }
    }
    return heads;
  }

  /** Whether a frame, or a message in several, has begun and is not complete. */
  get isInside(): boolean {
    return this.#left > 0 || this.#head.length > 0 || this.#isFragmented;
  }

  #endHead(): boolean {
    const [first = 0, second = 0] = this.#head;
    const short = second & 0x7f;
    const more = short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = second & 0x80 ? 4 : 0;
    if (this.#head.length < 2 + more + mask) return false;
    const length = this.#head.slice(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0);
    this.#left = more === 0 ? short : length;
    if ((first & 0x0f) < firstControl) this.#isFragmented = (first & 0x80) === 0;
    this.#head = [];
    return true;
  }
}
