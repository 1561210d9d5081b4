import { sendFitting, type Wanted } from '../drachtio/fitting-response';
import type { Headers, ResponseSender, ParsedMessage } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { retryAfter } from '../shares/retry-after';
import { tellsHost } from './hidden-hosts';

/** The final response that an error deserves. */
export type FinalStatus = Wanted;

/** What is said of a dialog that is not, or no more. */
export const noSuchDialog: FinalStatus = { status: 481 };

/** For what may succeed after so many seconds. */
export function retryLater(seconds: number): FinalStatus {
  return { status: 500, headers: { 'Retry-After': String(seconds) } };
}

/** Warn-codes of RFC 3261 §20.43: 304 media type not available, 399 whatever a person should read. */
const warnings: Record<string, string> = { 'no-usable-media': '304', 'sdp-invalid': '399' };

/** For who may come again, but not all together. */
export function unavailable(): FinalStatus {
  return { status: 503, headers: { 'Retry-After': String(retryAfter()) } };
}

/** An unforeseen error is a 500. `agent`: how this edge names itself in a Warning. */
export function finalStatusOf(error: unknown, agent: string): FinalStatus & { headers: Headers } {
  if (!(error instanceof EdgeError)) return { status: 500, headers: {} };
  const code = warnings[error.code];
  // Without it a UE may take the edge itself for dead (RFC 3261 §21.5.4).
  const seconds = error.retryAfter ?? (error.sipStatus === 503 ? retryAfter() : undefined);
  return {
    status: error.sipStatus ?? 500,
    headers: {
      ...(seconds !== undefined && { 'Retry-After': String(seconds) }),
      ...(error.sipStatus === 415 && { Accept: 'application/sdp', 'Accept-Encoding': 'identity' }),
      ...(code !== undefined && { Warning: `${code} ${agent} "${error.message.replace(/["\\\r\n]/g, ' ')}"` }),
    },
  };
}

/** Sends a response. A reason that tells a host of the other side becomes the usual one. */
export function reply(
  response: ResponseSender,
  { reason, ...final }: FinalStatus,
  sent?: (refused: unknown, message?: ParsedMessage) => void,
): void {
  sendFitting(response, { ...final, reason: tellsHost(reason ?? '') ? undefined : reason }, sent);
}
