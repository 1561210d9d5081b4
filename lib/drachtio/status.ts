import { createRequire } from 'node:module';

/** The table that drachtio-srf reads: phrases of status codes. */
const codes = createRequire(require.resolve('drachtio-srf'))('sip-status') as Record<number, string>;

/*
 * drachtio-srf agrees to send the status codes alone that it knows, and throws on any other: from now on it knows all
 * that there can be, for what another means by a code, such as 607 (RFC 8197) or 469 (RFC 6086), is for its receiver.
 */
const phrases = ['Progress', 'OK', 'Redirection', 'Client Error', 'Server Error', 'Global Failure'];

for (const [index, phrase] of phrases.entries()) {
  for (let code = 100 * (index + 1); code < 100 * (index + 2); code++) codes[code] ??= phrase;
}

/** The status to send in place of `status`: itself, or 500 for what is none. */
export function sendableStatus(status: number): number {
  return status >= 100 && status < 700 ? status : 500;
}
