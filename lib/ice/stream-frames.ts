import { parseStun, verifyFingerprint } from './stun-message';

/*
 * Bytes that have a framing of their own, or none, over an ICE-TCP connection (RFC 6544 §10): cut anywhere
 * into RFC 4571 frames, between which STUN travels. Both ends tell STUN from the rest by its looks, so no
 * piece of the stream may look like it.
 */
const headerBytes = 2;
const stunHeaderBytes = 20;
const magicCookie = 0x2112a442;

/** The longest frame written, in bytes, without its header: what peers with small buffers still take. */
export const longestFrame = 8000;

/** Puts bytes of a stream into frames of which none passes as STUN (H3, RFC 6544 §10.1). */
export function streamFrames(bytes: Buffer): Buffer {
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; start = ends.at(-1) ?? bytes.length) {
    const end = Math.min(start + longestFrame, bytes.length);
    ends.push(looksLikeStun(bytes, start, end) ? end - 1 : end);
  }
  const frames = Buffer.allocUnsafe(bytes.length + ends.length * headerBytes);
  let start = 0;
  let offset = 0;
  for (const end of ends) {
    frames.writeUInt16BE(end - start, offset);
    bytes.copy(frames, offset + headerBytes, start, end);
    offset += headerBytes + end - start;
    start = end;
  }
  return frames;
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
    length >= stunHeaderBytes &&
    ((bytes[start] ?? 0) & 0xc0) === 0 &&
    bytes.readUInt16BE(start + 2) === length - stunHeaderBytes &&
    bytes.readUInt32BE(start + 4) === magicCookie
  );
}
