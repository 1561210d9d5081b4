import { attributeType, magicCookie, type StunAttribute } from './stun-attribute';
import { fingerprintOf } from './fingerprint';
import { integrityEquals, integrityOf, type IntegrityAlgorithm, type IntegrityKey } from './integrity';

/*
 *   0                   1                   2                   3      RFC 8489 §5
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-----------------------------+-------------------------------+
 *  |0 0|    method and class         |  length without this header   |
 *  +-+-+-----------------------------+-------------------------------+
 *  |                     magic cookie 0x2112A442                     |
 *  +-----------------------------------------------------------------+
 *  |                  transaction id, 12 bytes …                     |
 */
export const headerLength = 20;
const classBits = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const;
const classNames = ['request', 'indication', 'success', 'error'] as const;

export const bindingMethod = 0x001;

export type StunClass = keyof typeof classBits;

/** Why bytes are no STUN message, in the order in which it is looked for. */
export type StunFault = (typeof stunFaults)[number];

export const stunFaults = ['short', 'first-bits', 'cookie', 'length', 'attribute'] as const;

/** A message as received. Its buffers are views of the bytes given to {@link parseStun}. */
export interface StunMessage {
  class: StunClass;
  method: number;
  /** 12 bytes. */
  transactionId: Buffer;
  /**
   * In order of appearance, without what must be ignored: all that follows an integrity attribute and is
   * not protected by it, except a stronger integrity attribute and FINGERPRINT (RFC 8489 §14.5, §14.6).
   */
  attributes: readonly ReceivedAttribute[];
  bytes: Buffer;
}

export interface ReceivedAttribute {
  type: number;
  /** Without padding. */
  value: Buffer;
  /** Where the attribute's header starts in the message. */
  offset: number;
}

/** Reads one whole message. Never throws, whatever the bytes: what is no STUN message gives a fault. */
export function parseStun(bytes: Buffer): StunMessage | { fault: StunFault } {
  if (bytes.length < headerLength) return { fault: 'short' };
  const type = bytes.readUInt16BE(0);
  if (type & 0xc000) return { fault: 'first-bits' };
  if (bytes.readUInt32BE(4) !== magicCookie) return { fault: 'cookie' };
  const length = bytes.readUInt16BE(2);
  if (length % 4 !== 0 || length !== bytes.length - headerLength) return { fault: 'length' };
  const attributes = parseAttributes(bytes);
  if (attributes === undefined) return { fault: 'attribute' };
  return {
    class: classNames[((type >> 7) & 2) | ((type >> 4) & 1)] ?? 'request',
    method: (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2),
    transactionId: bytes.subarray(8, headerLength),
    attributes,
    bytes,
  };
}

function parseAttributes(bytes: Buffer): ReceivedAttribute[] | undefined {
  const attributes: ReceivedAttribute[] = [];
  let protectedBy: number | undefined;
  for (let offset = headerLength; offset < bytes.length;) {
    const type = bytes.readUInt16BE(offset);
    const length = bytes.readUInt16BE(offset + 2);
    const next = offset + 4 + ((length + 3) & ~3);
    if (next > bytes.length) return undefined;
    // RFC 8489 §14.7: FINGERPRINT is the last; anything behind it would not be covered by it.
    if (type === attributeType.fingerprint && (length !== 4 || next !== bytes.length)) return undefined;
    if (countsAfter(protectedBy, type)) {
      attributes.push({ type, value: bytes.subarray(offset + 4, offset + 4 + length), offset });
      if (type === attributeType.messageIntegrity || type === attributeType.messageIntegritySha256) protectedBy = type;
    }
    offset = next;
  }
  return attributes;
}

function countsAfter(protectedBy: number | undefined, type: number): boolean {
  if (protectedBy === undefined || type === attributeType.fingerprint) return true;
  return protectedBy === attributeType.messageIntegrity && type === attributeType.messageIntegritySha256;
}

/** The value of the first attribute of that type; later ones of the same type do not count (RFC 8489 §14). */
export function findAttribute(message: StunMessage, type: number): ReceivedAttribute | undefined {
  return message.attributes.find((attribute) => attribute.type === type);
}

/** Whether FINGERPRINT is there and right (RFC 8489 §14.7). */
export function verifyFingerprint(message: StunMessage): boolean {
  const attribute = findAttribute(message, attributeType.fingerprint);
  if (attribute === undefined) return false;
  return attribute.value.readUInt32BE(0) === fingerprintOf(message.bytes.subarray(0, attribute.offset));
}

/** The algorithm that decides (RFC 8489 §9.1.3): SHA-256 where it is present, else SHA-1, else undefined. */
export function integrityAlgorithm(message: StunMessage): IntegrityAlgorithm | undefined {
  if (findAttribute(message, attributeType.messageIntegritySha256) !== undefined) return 'sha256';
  return findAttribute(message, attributeType.messageIntegrity) === undefined ? undefined : 'sha1';
}

/** Whether the message's integrity attribute is there and right for this password; constant time (C7). */
export function verifyIntegrity(message: StunMessage, key: IntegrityKey): boolean {
  const algorithm = integrityAlgorithm(message);
  if (algorithm === undefined) return false;
  const attribute = findAttribute(message, integrityTypes[algorithm]);
  if (attribute === undefined) return false;
  // ICE does not allow the truncated form of the SHA-256 attribute (RFC 8489 §14.6): a length that is not full fails.
  const computed = integrityOf(message.bytes, attribute.offset, attribute.value.length, key, algorithm);
  return integrityEquals(computed, attribute.value);
}

/** What {@link buildStun} writes: integrity where a key is given, and FINGERPRINT unless told otherwise. */
export interface StunDraft {
  class: StunClass;
  method?: number;
  /** 12 bytes: random for a request or indication, the request's for a response. */
  transactionId: Uint8Array;
  attributes?: readonly StunAttribute[];
  key?: IntegrityKey;
  /** Default sha1, which every ICE agent knows. */
  algorithm?: IntegrityAlgorithm;
  /** Default true: where media shares the connection it tells STUN from that. */
  hasFingerprint?: boolean;
}

/** Writes a message. Padding is zero. */
export function buildStun(draft: StunDraft): Buffer {
  const attributes = draft.attributes ?? [];
  const { key, algorithm = 'sha1', hasFingerprint = true } = draft;
  const integrityStart = attributes.reduce((sum, { value }) => sum + 4 + padded(value.length), headerLength);
  const integrityLength = integrityLengths[algorithm];
  const fingerprintStart = integrityStart + (key === undefined ? 0 : 4 + integrityLength);
  const bytes = Buffer.alloc(fingerprintStart + (hasFingerprint ? 8 : 0));
  bytes.writeUInt16BE(typeField(draft.class, draft.method ?? bindingMethod), 0);
  bytes.writeUInt16BE(bytes.length - headerLength, 2);
  bytes.writeUInt32BE(magicCookie, 4);
  bytes.set(draft.transactionId.subarray(0, 12), 8);
  let offset = headerLength;
  for (const attribute of attributes) offset = writeAttribute(bytes, offset, attribute.type, attribute.value);
  if (key !== undefined) {
    const value = integrityOf(bytes, integrityStart, integrityLength, key, algorithm);
    writeAttribute(bytes, integrityStart, integrityTypes[algorithm], value);
  }
  if (!hasFingerprint) return bytes;
  bytes.writeUInt16BE(attributeType.fingerprint, fingerprintStart);
  bytes.writeUInt16BE(4, fingerprintStart + 2);
  bytes.writeUInt32BE(fingerprintOf(bytes.subarray(0, fingerprintStart)), fingerprintStart + 4);
  return bytes;
}

const integrityTypes = { sha1: attributeType.messageIntegrity, sha256: attributeType.messageIntegritySha256 } as const;
const integrityLengths = { sha1: 20, sha256: 32 } as const;

function typeField(stunClass: StunClass, method: number): number {
  return (method & 0x000f) | ((method & 0x0070) << 1) | ((method & 0x0f80) << 2) | classBits[stunClass];
}

function writeAttribute(bytes: Buffer, offset: number, type: number, value: Uint8Array): number {
  bytes.writeUInt16BE(type, offset);
  bytes.writeUInt16BE(value.length, offset + 2);
  bytes.set(value, offset + 4);
  return offset + 4 + padded(value.length);
}

/** Up to a multiple of 4 bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
