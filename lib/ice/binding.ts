import type { IntegrityAlgorithm } from './integrity';
import {
  attributeType,
  errorCodeAttribute,
  priorityAttribute,
  readXorMappedAddress,
  roleAttribute,
  unknownAttributesAttribute,
  useCandidateAttribute,
  usernameAttribute,
  xorMappedAddressAttribute,
} from './stun-attribute';
import { buildStun, findAttribute, type StunMessage } from './stun-message';
import type { TransportAddress } from './transport-address';

/** A connectivity check to be sent (RFC 8445 §7.2.2). */
export interface BindingRequest {
  /** 12 random bytes. */
  transactionId: Uint8Array;
  /** `<ufrag of the receiver>:<ufrag of the sender>`. */
  username: string;
  /** The receiver's ICE password. */
  password: string;
  /** The priority that a peer-reflexive candidate would get. */
  priority: number;
  useCandidate?: boolean;
  /** The sender's role; default controlling. */
  role?: 'controlling' | 'controlled';
  tieBreaker: bigint;
  /** Default sha1. */
  algorithm?: IntegrityAlgorithm;
}

export function buildBindingRequest(request: BindingRequest): Buffer {
  return buildStun({
    class: 'request',
    transactionId: request.transactionId,
    attributes: [
      usernameAttribute(request.username),
      priorityAttribute(request.priority),
      roleAttribute(request.role ?? 'controlling', request.tieBreaker),
      ...(request.useCandidate ? [useCandidateAttribute()] : []),
    ],
    key: request.password,
    algorithm: request.algorithm ?? 'sha1',
  });
}

/** The key and algorithm of a response: those of the request that was authenticated (RFC 8489 §9.1.3). */
export interface ResponseIntegrity {
  password: string;
  algorithm: IntegrityAlgorithm;
}

/** A success response, which tells the peer its own address (RFC 8489 §6.3.1.1). */
export function buildBindingSuccess(
  transactionId: Uint8Array,
  mapped: TransportAddress,
  { password, algorithm }: ResponseIntegrity,
): Buffer {
  return buildStun({
    class: 'success',
    transactionId,
    attributes: [xorMappedAddressAttribute(mapped, transactionId)],
    key: password,
    algorithm,
  });
}

const reasons = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  420: 'Unknown Attribute',
  487: 'Role Conflict',
} as const;

/** An error response; without integrity where the request was not authenticated (RFC 8489 §9.1.3). */
export function buildBindingError(
  transactionId: Uint8Array,
  code: keyof typeof reasons,
  options: { integrity?: ResponseIntegrity; unknownAttributes?: readonly number[] } = {},
): Buffer {
  const { integrity, unknownAttributes } = options;
  return buildStun({
    class: 'error',
    transactionId,
    attributes: [
      errorCodeAttribute(code, reasons[code]),
      ...(unknownAttributes === undefined ? [] : [unknownAttributesAttribute(unknownAttributes)]),
    ],
    ...(integrity === undefined ? {} : { key: integrity.password, algorithm: integrity.algorithm }),
  });
}

/** USERNAME as text, or undefined. */
export function username(message: StunMessage): string | undefined {
  return findAttribute(message, attributeType.username)?.value.toString('utf8');
}

/** PRIORITY, or undefined if absent or malformed. */
export function priority(message: StunMessage): number | undefined {
  const value = findAttribute(message, attributeType.priority)?.value;
  return value?.length === 4 ? value.readUInt32BE(0) : undefined;
}

/** The sender's address as the responder saw it, or undefined if absent or malformed. */
export function xorMappedAddress(message: StunMessage): TransportAddress | undefined {
  const value = findAttribute(message, attributeType.xorMappedAddress)?.value;
  return value === undefined ? undefined : readXorMappedAddress(value, message.transactionId);
}

/** ERROR-CODE as a number of 300 to 699 and its phrase, or undefined if absent or malformed (RFC 8489 §14.8). */
export function errorCode(message: StunMessage): { code: number; reason: string } | undefined {
  const value = findAttribute(message, attributeType.errorCode)?.value;
  if (value === undefined || value.length < 4) return undefined;
  const code = ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0);
  return code < 300 || code > 699 ? undefined : { code, reason: value.toString('utf8', 4) };
}
