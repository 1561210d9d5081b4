const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Keeps the value apart from a CRC-32 that another protocol may carry (RFC 8489 §14.7). */
const fingerprintXor = 0x5354554e;

/**
 * The value of FINGERPRINT (RFC 8489 §14.7) for the message up to, not including, that attribute; the
 * header's length must already count it.
 */
export function fingerprintOf(message: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of message) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (~crc ^ fingerprintXor) >>> 0;
}
