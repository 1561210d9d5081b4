import type { Headers, ResponseSender, ParsedMessage } from './messages';
import { fitsFrame } from './srf';
import { sendableStatus } from './status';

/** A response to be sent. */
export interface Wanted {
  status: number;
  reason?: string | undefined;
  headers?: Headers;
  body?: string | undefined;
}

/**
 * Sends a response as near to the wanted one as the server can send: drachtio-srf throws on odd codes, and the link stalls
 * on big ones [01f]. A 2xx without its content would be taken for what was asked.
 */
export function sendFitting(
  response: ResponseSender,
  { status, reason, headers = {}, body }: Wanted,
  sent?: (refused: unknown, message?: ParsedMessage) => void,
): void {
  const code = sendableStatus(status);
  const phrase = code === status ? reason : undefined;
  const content = body ? { headers: { 'Content-Type': 'application/sdp', ...headers }, body } : { headers };
  if (fitsFrame(content)) response.send(code, phrase, content, sent);
  else if (code >= 200 && code < 300) response.send(500, undefined, {}, sent);
  else response.send(code, phrase, {}, sent);
}
