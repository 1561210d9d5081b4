import type { SipMessage } from '../../wire/sip-message';

/** Whether a request ends its subscription (RFC 6665 §4.4.1). */
export function isLastNotify(request: SipMessage): boolean {
  return request.method === 'NOTIFY' && /^\s*terminated\b/i.test(request.get('subscription-state') ?? '');
}

/**
 * Whether a response to a last NOTIFY is one of drachtio-server 0.9.10, which forgets the dialog as the NOTIFY comes,
 * [09d] answers 500 by itself, and lets the app pass the NOTIFY on all the same, but not the answer to it back.
 */
function isOfServer(response: SipMessage): boolean {
  return response.startLine === 'SIP/2.0 500 Internal Server Error';
}

/** Makes the server's own answer to a last NOTIFY the one that its sender is to get: the NOTIFY has been passed on. */
export function mendAnswerToLastNotify(response: SipMessage): void {
  if (isOfServer(response)) response.startLine = 'SIP/2.0 200 OK';
}
