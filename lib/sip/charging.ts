import { randomUUID } from 'node:crypto';
import { hostPort } from '../wire/sip-uri';

/**
 * A P-Charging-Vector with a fresh charging identifier (RFC 7315 §4.6, TS 24.229 §5.2.7.2).
 *
 * @param host where it was made: an address of ours toward the core
 */
export function chargingVector(host: string): string {
  return `icid-value="${randomUUID()}";icid-generated-at=${hostPort(host, undefined)}`;
}
