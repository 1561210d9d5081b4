import type { TransportAddress } from './transport-address';
import { addressBytes, addressText } from '../ip-address';

/** In the header of every message, and XORed with what XOR-MAPPED-ADDRESS says (RFC 8489 §5, §14.2). */
export const magicCookie = 0x2112a442;

/** Attribute types (RFC 8489 §18.3, RFC 8445 §16.1); below 0x8000 they are comprehension-required. */
export const attributeType = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  messageIntegritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  userhash: 0x001e,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

/** An attribute to be written: its type and its value without padding. */
export interface StunAttribute {
  type: number;
  value: Uint8Array;
}

const known = new Set<number>(Object.values(attributeType));

/** Whether a request that holds this type must be answered 420 (RFC 8489 §6.3.1). */
export function isUnknownRequired(type: number): boolean {
  return type < 0x8000 && !known.has(type);
}

/** USERNAME (RFC 8489 §14.3), for a check `<ufrag of the receiver>:<ufrag of the sender>` (RFC 8445 §7.2.2). */
export function usernameAttribute(username: string): StunAttribute {
  return { type: attributeType.username, value: Buffer.from(username, 'utf8') };
}

/** PRIORITY (RFC 8445 §7.1.1): 1 to 2^31-1. */
export function priorityAttribute(priority: number): StunAttribute {
  return { type: attributeType.priority, value: uint32(priority) };
}

/** USE-CANDIDATE (RFC 8445 §7.1.2): a flag without a value. */
export function useCandidateAttribute(): StunAttribute {
  return { type: attributeType.useCandidate, value: Buffer.alloc(0) };
}

/** ICE-CONTROLLING or ICE-CONTROLLED with the agent's 64-bit tie-breaker (RFC 8445 §7.1.3). */
export function roleAttribute(role: 'controlling' | 'controlled', tieBreaker: bigint): StunAttribute {
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(tieBreaker);
  return { type: role === 'controlling' ? attributeType.iceControlling : attributeType.iceControlled, value };
}

/** ERROR-CODE (RFC 8489 §14.8): class and number apart, then the reason phrase. */
export function errorCodeAttribute(code: number, reason: string): StunAttribute {
  const head = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
  return { type: attributeType.errorCode, value: Buffer.concat([head, Buffer.from(reason, 'utf8')]) };
}

/** UNKNOWN-ATTRIBUTES (RFC 8489 §14.9). */
export function unknownAttributesAttribute(types: readonly number[]): StunAttribute {
  const value = Buffer.alloc(types.length * 2);
  types.forEach((type, i) => value.writeUInt16BE(type, i * 2));
  return { type: attributeType.unknownAttributes, value };
}

/**
 * XOR-MAPPED-ADDRESS (RFC 8489 §14.2). An IPv4-mapped IPv6 address is written as IPv4. Throws a
 * RangeError for what is no IP address: it comes from our own socket, never from a peer's bytes.
 * @param type of another attribute that is written alike, such as XOR-RELAYED-ADDRESS (RFC 8656 §18.5)
 */
export function xorMappedAddressAttribute(
  mapped: TransportAddress,
  transactionId: Uint8Array,
  type: number = attributeType.xorMappedAddress,
): StunAttribute {
  const address = addressBytes(mapped.address);
  if (address === undefined) throw new RangeError(`${mapped.address} is no IP address.`);
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 4 ? 1 : 2;
  value.writeUInt16BE(mapped.port ^ (magicCookie >>> 16), 2);
  value.set(xorAddress(address, transactionId), 4);
  return { type, value };
}

/** Reads the value of XOR-MAPPED-ADDRESS; undefined if it is malformed. */
export function readXorMappedAddress(value: Buffer, transactionId: Uint8Array): TransportAddress | undefined {
  if (!(value.length === 8 && value[1] === 1) && !(value.length === 20 && value[1] === 2)) return undefined;
  const port = value.readUInt16BE(2) ^ (magicCookie >>> 16);
  return { address: addressText(xorAddress(value.subarray(4), transactionId)), port };
}

/** The address bytes XORed with the magic cookie and, where they are longer, the transaction id. */
function xorAddress(address: Uint8Array, transactionId: Uint8Array): Buffer {
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(magicCookie);
  mask.set(transactionId, 4);
  return Buffer.from(address.map((byte, i) => byte ^ (mask[i] ?? 0)));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
