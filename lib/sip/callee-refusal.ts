import type { EndCause } from '../calls/call';
import type { IncomingResponse } from '../drachtio/messages';
import { isHopUnreachable, isUnreachable } from '../drachtio/refusals';
import type { Side } from '../media/media-anchor';
import { coreUnreachable, hopOfCoreUnreachable } from './core-reach';
import { redirection } from './redirection';
import { passedRefusal } from './refusal-content';
import { unavailable, type FinalStatus } from './final-status';

/** What is known of the INVITE that was refused. */
export interface RefusedInvite {
  callee: Side;
  /** As the caller asked for it. */
  uri: string;
  /** Where it was sent. */
  nextHop: string;
  /** The callee had been reached. */
  sawProvisional: boolean;
}

/**
 * How a call ends whose callee refused it, or was not reached, and what the caller is told.
 * @throws EdgeError `core-unreachable` (503)
 */
export function calleeRefusal(
  response: IncomingResponse,
  { callee, uri, nextHop, sawProvisional }: RefusedInvite,
): { cause: EndCause; final: FinalStatus } {
  const { status, reason } = response;
  if (callee === 'core' && isHopUnreachable(response)) throw hopOfCoreUnreachable();
  // Made by the server itself, for want of a connection to the callee.
  if (isUnreachable(response)) {
    if (callee === 'core') throw coreUnreachable(nextHop, reason);
    if (sawProvisional) return { cause: 'rejected', final: unavailable() };
    return { cause: 'flow-failed', final: { status: 430 } };
  }
  const longer = status === 422 ? response.get('min-se') : undefined;
  const refusal = passedRefusal(response);
  const elsewhere = redirection(response, callee === 'core' ? 'access' : 'core', uri);
  const headers = { ...refusal.headers, ...elsewhere, ...(longer !== undefined && { 'Min-SE': longer }) };
  return { cause: 'rejected', final: { ...refusal, headers } };
}
