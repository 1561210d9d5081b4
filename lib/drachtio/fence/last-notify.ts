import type { SipMessage } from '../../wire/sip-message';

/** Whether a request ends its subscription (RFC 6665 §4.4.1). */
export function isLastNotify(request: { readonly method: string; get(header: string): string | undefined }): boolean {
  return request.method === 'NOTIFY' && /^\s*terminated\b/i.test(request.get('subscription-state') ?? '');
}

/**
 * Makes the server's own answer to a last NOTIFY the one that its sender is to get. drachtio-server 0.9.10 forgets the
 * dialog as the NOTIFY comes, answers 500 by itself, and lets the app pass the NOTIFY on all the same, but not the answer
 * to it back [09d].
 */
export function mendAnswerToLastNotify(response: SipMessage): void {
  if (response.startLine === 'SIP/2.0 500 Internal Server Error') response.startLine = 'SIP/2.0 200 OK';
}
