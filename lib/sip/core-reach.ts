import type { IncomingResponse } from '../drachtio/messages';
import { isHopUnreachable, isUnreachable, whyUnsent } from '../drachtio/refusals';
import { EdgeError } from '../errors';

/**
 * Resolves with the final response to a request that the SIP server sends to `nextHop`, CORE_NEXT_HOP. Rejects with
 * `core-unreachable` (503) where it reached nobody.
 */
export async function fromCore(nextHop: string, sending: Promise<IncomingResponse>): Promise<IncomingResponse> {
  const final = await sentToCore(nextHop, sending);
  if (isHopUnreachable(final)) throw hopOfCoreUnreachable();
  if (isUnreachable(final)) throw coreUnreachable(nextHop, final.reason);
  return final;
}

/** As `sending`, but rejects with `core-unreachable` (503) where the server sent nothing because of where it was to go. */
export async function sentToCore<T>(nextHop: string, sending: Promise<T>): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    if (!(error instanceof EdgeError) || error.code !== 'sip-unsent') throw error;
    const said = error.cause instanceof Error ? error.cause.message : String(error.cause);
    throw whyUnsent(said) === undefined ? error : coreUnreachable(nextHop, said);
  }
}

/** Nobody at `nextHop` took a request; `said`: what the server says of it. */
export function coreUnreachable(nextHop: string, said: string): EdgeError {
  const message = `CORE_NEXT_HOP (${nextHop}) cannot be reached: ${whyUnsent(said) ?? 'it takes no requests'}.`;
  return new EdgeError('core-unreachable', message, { cause: said });
}

/** The relay could not connect to where the request was to go. */
export function hopOfCoreUnreachable(): EdgeError {
  const where = 'the Service-Route of the registrar, or CORE_NEXT_HOP';
  return new EdgeError('core-unreachable', `The next hop of the core (${where}) takes no connections.`);
}
