import type { IntegrityAlgorithm, IntegrityKey } from '../ice/integrity';
import {
  attributeType,
  errorCodeAttribute,
  readXorMappedAddress,
  unknownAttributesAttribute,
  type StunAttribute,
} from '../ice/stun-attribute';
import {
  bindingMethod,
  buildStun,
  findAttribute,
  parseStun,
  verifyFingerprint,
  type StunFault,
  type StunMessage,
} from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';

/** Methods that a client begins something with (RFC 8656 §17). */
export const turnMethod = {
  binding: bindingMethod,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  createPermission: 0x008,
  channelBind: 0x009,
} as const;

/** Attribute types (RFC 8656 §18) that are served. */
export const turnAttribute = {
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
} as const;

const served = new Set<number>([
  ...Object.values(turnAttribute),
  ...[attributeType.username, attributeType.realm, attributeType.nonce],
  ...[attributeType.messageIntegrity, attributeType.messageIntegritySha256],
]);

/** Why a request is refused (RFC 8489 §14.8, RFC 8656 §19). */
const reasons = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  438: 'Stale Nonce',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  486: 'Allocation Quota Reached',
  508: 'Insufficient Capacity',
} as const;

export type TurnError = keyof typeof reasons;

/** What a request is answered: with an error, or success. */
export interface TurnAnswer {
  error?: TurnError;
  attributes?: readonly StunAttribute[];
}

/** By whose key an answer is protected: as the request was. */
export interface TurnIntegrity {
  key: IntegrityKey;
  algorithm: IntegrityAlgorithm;
}

/** Reads one whole message; FINGERPRINT, where there is one, has to be right (RFC 8489 §6.3). */
export function readTurn(bytes: Buffer): StunMessage | { fault: StunFault | 'fingerprint' } {
  const message = parseStun(bytes);
  if ('fault' in message || !hasFingerprint(message) || verifyFingerprint(message)) return message;
  return { fault: 'fingerprint' };
}

/** The response to a request; with FINGERPRINT if the request has one. */
export function answerTo(request: StunMessage, answer: TurnAnswer, integrity: TurnIntegrity | undefined): Buffer {
  const { error, attributes = [] } = answer;
  return buildStun({
    class: error === undefined ? 'success' : 'error',
    method: request.method,
    transactionId: request.transactionId,
    attributes: error === undefined ? attributes : [errorCodeAttribute(error, reasons[error]), ...attributes],
    hasFingerprint: hasFingerprint(request),
    ...integrity,
  });
}

/** Refuses attributes that a request must not have, because they are not served (RFC 8489 §6.3.1); undefined: none has. */
export function refusedAttributes({ attributes }: StunMessage): TurnAnswer | undefined {
  const unknown = [...new Set(attributes.map(({ type }) => type))].filter((type) => type < 0x8000 && !served.has(type));
  return unknown.length === 0 ? undefined : { error: 420, attributes: [unknownAttributesAttribute(unknown)] };
}

/** REALM and NONCE, by which a client makes its credentials (RFC 8489 §9.2.4). */
export function challengeAttributes(realm: string, nonce: string): StunAttribute[] {
  return [
    { type: attributeType.realm, value: Buffer.from(realm) },
    { type: attributeType.nonce, value: Buffer.from(nonce) },
  ];
}

/** LIFETIME, s. */
export function lifetimeAttribute(seconds: number): StunAttribute {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(seconds);
  return { type: turnAttribute.lifetime, value };
}

/** What an attribute says, as text; undefined if it is not there. */
export function textOf(message: StunMessage, type: number): string | undefined {
  return findAttribute(message, type)?.value.toString('utf8');
}

/** LIFETIME, s; undefined if it is not there, `invalid` if it cannot be read. */
export function lifetimeOf(message: StunMessage): number | 'invalid' | undefined {
  const value = findAttribute(message, turnAttribute.lifetime)?.value;
  if (value === undefined) return undefined;
  return value.length === 4 ? value.readUInt32BE(0) : 'invalid';
}

/** The protocol that an allocation is wanted for, 17 being UDP; undefined if it is not there or cannot be read. */
export function requestedTransport(message: StunMessage): number | undefined {
  const value = findAttribute(message, turnAttribute.requestedTransport)?.value;
  return value?.length === 4 ? value[0] : undefined;
}

/** Undefined: nothing is said, which means IPv4 (RFC 8656 §7.2); `unknown`: no family that there is. */
export function requestedFamily(message: StunMessage): 'IP4' | 'IP6' | 'unknown' | undefined {
  const value = findAttribute(message, turnAttribute.requestedAddressFamily)?.value;
  if (value === undefined) return undefined;
  return value.length !== 4 ? 'unknown' : value[0] === 1 ? 'IP4' : value[0] === 2 ? 'IP6' : 'unknown';
}

/** Channel numbers that there are (RFC 8656 §12); undefined for others, and if it is not there. */
export function channelNumber(message: StunMessage): number | undefined {
  const value = findAttribute(message, turnAttribute.channelNumber)?.value;
  const channel = value?.length === 4 ? value.readUInt16BE(0) : 0;
  return channel >= 0x4000 && channel <= 0x4fff ? channel : undefined;
}

/** All peers that a message names; undefined if it names none, or one of them cannot be read. */
export function peersOf(message: StunMessage): TransportAddress[] | undefined {
  const peers = message.attributes
    .filter(({ type }) => type === turnAttribute.xorPeerAddress)
    .map(({ value }) => readXorMappedAddress(value, message.transactionId));
  const read = peers.filter((peer) => peer !== undefined);
  return read.length === 0 || read.length < peers.length ? undefined : read;
}

function hasFingerprint(message: StunMessage): boolean {
  return findAttribute(message, attributeType.fingerprint) !== undefined;
}
