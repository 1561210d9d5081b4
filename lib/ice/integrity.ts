import { createHmac, timingSafeEqual } from 'node:crypto';

/** SHA-1 is MESSAGE-INTEGRITY, SHA-256 is MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.5, §14.6). */
export type IntegrityAlgorithm = 'sha1' | 'sha256';

/** For ICE the password itself (RFC 8489 §9.1.1); bytes for a long-term key. */
export type IntegrityKey = string | Uint8Array;

/**
 * The HMAC for an integrity attribute whose header starts at `end`: over all bytes before it, with a
 * header length that ends with the attribute of `valueLength` bytes. The message is not changed.
 */
export function integrityOf(
  message: Buffer,
  end: number,
  valueLength: number,
  key: IntegrityKey,
  algorithm: IntegrityAlgorithm,
): Buffer {
  const head = Buffer.from(message.subarray(0, 4));
  head.writeUInt16BE(end - 20 + 4 + valueLength, 2);
  return createHmac(algorithm, key).update(head).update(message.subarray(4, end)).digest();
}

/** Compares in constant time, so that a peer cannot find the right value byte by byte. */
export function integrityEquals(computed: Buffer, received: Uint8Array): boolean {
  return computed.length === received.length && timingSafeEqual(computed, received);
}
