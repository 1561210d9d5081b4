import { createHash, createHmac } from 'node:crypto';
import { accountNamed } from '../shares/account';

/** By what UEs prove who they are (RFC 8489 §9.2). */
export interface TurnCredentials {
  realm: string;
  /** Of time-limited credentials: `expiry:user`, with the base64 HMAC-SHA1 of that as password, as coturn takes them. */
  secret?: string | undefined;
  /** One for all, for a closed network. */
  pair?: { user: string; password: string } | undefined;
}

/** What a USERNAME claims. */
export interface Claim {
  username: string;
  /** Whose calls it is for, as `accountNamed` writes him; undefined: it is shared, and for all calls. */
  account: string | undefined;
  /** s since the epoch. */
  expiresAt: number;
  password: string;
}

/** Longer is no user name (RFC 8489 §14.3), bytes. */
const longestUsername = 508;

/** A credential that is good until a time, s since the epoch; without a user, of anybody's calls. */
export function turnCredential(
  secret: string,
  user: string | undefined,
  expiresAt: number,
): { username: string; password: string } {
  const username = user === undefined ? String(expiresAt) : `${expiresAt}:${user}`;
  return { username, password: passwordOf(secret, username) };
}

/** Undefined: nobody has that name here. */
export function claimOf(username: string, { secret, pair }: TurnCredentials): Claim | undefined {
  if (pair?.user === username)
    return { username, account: undefined, expiresAt: Number.POSITIVE_INFINITY, password: pair.password };
  const [, expiry, user] = /^(\d{1,15})(?::(.+))?$/s.exec(username) ?? [];
  if (secret === undefined || expiry === undefined || Buffer.byteLength(username) > longestUsername) return undefined;
  const account = user === undefined ? undefined : accountNamed(user);
  return { username, account, expiresAt: Number(expiry), password: passwordOf(secret, username) };
}

/** The key of a long-term credential (RFC 8489 §9.2.2). */
export function longTermKey({ username, password }: Pick<Claim, 'username' | 'password'>, realm: string): Buffer {
  return createHash('md5').update(`${username}:${realm}:${password}`).digest();
}

function passwordOf(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64');
}
