import { magicCookie } from './stun-attribute';
import { headerLength, parseStun, verifyFingerprint } from './stun-message';

/*
 * Bytes that have a framing of their own, or none, over an ICE-TCP connection (RFC 6544 §10): cut anywhere
 * into RFC 4571 frames, between which STUN travels. Both ends tell STUN from the rest by its looks, so no
 * piece of the stream may look like it.
 */
const headerBytes = 2;

/** The longest frame written, in bytes, without its header: what peers with small buffers still take. */
export const longestFrame = 8000;

/**
 * Puts bytes of a stream, in pieces that follow each other, into frames of which none passes as STUN (H3, RFC 6544
 * §10.1). Each byte is copied once.
 */
export function streamFrames(...pieces: readonly Buffer[]): Buffer {
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const mostFrames = Math.ceil(total / (longestFrame - 1)) + 1;
  const frames = Buffer.allocUnsafe(total + mostFrames * headerBytes);
  /** Of the frame being filled, behind its header. */
  let start = headerBytes;
  let end = start;
  const close = () => {
    const last = end - 1;
    const isCut = looksLikeStun(frames, start, end);
    const carried = frames[last] ?? 0;
    const length = isCut ? last - start : end - start;
    frames.writeUInt16BE(length, start - headerBytes);
    start += length + headerBytes;
    end = start;
    if (isCut) frames[end++] = carried;
  };
  for (const piece of pieces) {
    for (let from = 0; from < piece.length;) {
      const copied = piece.copy(frames, end, from, from + longestFrame - (end - start));
      from += copied;
      end += copied;
      if (end - start === longestFrame) close();
    }
  }
  while (end > start) close();
  return frames.subarray(0, start - headerBytes);
}

/** Whether a received frame is STUN and not a piece of the stream (H4, RFC 6544 §10.2). */
export function isStun(frame: Buffer): boolean {
  const message = parseStun(frame);
  return !('fault' in message) && verifyFingerprint(message);
}

/** Without a look at FINGERPRINT: a reader that does not demand it must not be led astray either. */
function looksLikeStun(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  return (
    length >= headerLength &&
    ((bytes[start] ?? 0) & 0xc0) === 0 &&
    bytes.readUInt16BE(start + 2) === length - headerLength &&
    bytes.readUInt32BE(start + 4) === magicCookie
  );
}
