import { hopUnreachable } from './fence/silent-ends';
import type { IncomingResponse } from './messages';

/* What the SIP server says where it does not send: drachtio-server's words [2.6], and those of the embedded edge. */

const unsent: [said: RegExp, reason: string][] = [
  [/\bDNS\b|host name not found/i, 'its name does not resolve'],
  [/transport not available/i, 'CORE_CONTACTS has no contact of its transport and address family'],
  [/to myself/i, 'it is an address of this edge'],
];

/** Why it sent no request to a next hop, for an operator; undefined: not because of where it was to go. */
export function whyUnsent(said: string): string | undefined {
  return unsent.find(([pattern]) => pattern.test(said))?.[1];
}

/**
 * Whether it did not send a response because its request has been answered. A caller's BYE in its early dialog (RFC 3261
 * §15) is answered with 481 and its INVITE with 500, and the app hears of it by this alone [08r].
 */
export function isAnswered(refused: unknown): boolean {
  return /unknown transaction/i.test(String(refused));
}

/** Whether the relay toward the core made a response itself, for want of a connection to the next hop. */
export function isHopUnreachable({ status, reason }: IncomingResponse): boolean {
  return status === hopUnreachable.status && reason === hopUnreachable.reason;
}

/** Whether the server made a response itself, for want of a connection to the far end, or of its address [06l, 12d]. */
export function isUnreachable(final: IncomingResponse): boolean {
  return !final.source_address && (final.status === 503 || final.status === 410);
}
