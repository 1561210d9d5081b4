import { randomBytes, randomInt } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A From or To tag: 13 letters and digits (77 bits). */
export function newTag(): string {
  return Array.from(randomBytes(13), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** RFC 3261 §8.1.1.7. */
export function newBranch(): string {
  return `z9hG4bK${newTag()}`;
}

/** First CSeq of a dialog of ours; leaves room below 2**31 (RFC 3261 §8.1.1.5). */
export function newCSeq(): number {
  return randomInt(1, 2 ** 27);
}

/** RFC 3262 §3: from 1 to 2**31 - 1, random. */
export function newRSeq(): number {
  return randomInt(1, 2 ** 30);
}
