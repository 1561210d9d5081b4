import type { IncomingResponse } from './messages';

/** Whether the server made a response itself, for want of a connection to the far end, or of its address [06l, 12d]. */
export function isUnreachable(final: IncomingResponse): boolean {
  return !final.source_address && (final.status === 503 || final.status === 410);
}
