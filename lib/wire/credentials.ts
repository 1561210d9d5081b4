import { splitOutsideQuotes } from './sip-uri';

/** Headers of which several are several: their values have commas of their own (RFC 3261 §7.3.1). */
export const credentialHeaders = ['www-authenticate', 'authorization', 'proxy-authenticate', 'proxy-authorization'];

/** The challenges or credentials of a value that has been joined of several lines: each begins with its scheme. */
export function credentialsOf(joined: string): string[] {
  const several: string[][] = [];
  for (const part of splitOutsideQuotes(joined, ',')) {
    const begins = /^[^\s=,"]+\s+[^\s=]/.test(part);
    if (begins || several.length === 0) several.push([part]);
    else several.at(-1)?.push(part);
  }
  return several.map((parts) => parts.join(', '));
}
