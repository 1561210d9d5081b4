import { normalAddress } from '../ip-address';
import { hostPort, parseSipUri, type SipUri } from './sip-uri';

/*
 * When two URIs mean the same: the one place that says so (RFC 3261 §19.1.4, RFC 3966 §5), for Contacts and for public
 * identities.
 */

/** Parameters that count as different where one of two URIs has them alone. */
const decisive = ['transport', 'user', 'ttl', 'method', 'maddr'];

/** Whether two URIs mean the same. Those of other schemes than sip, sips and tel are compared by their letters. */
export function isSameUri(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [parseSipUri(one), parseSipUri(other)];
  if (a === undefined || b?.scheme !== a.scheme) return false;
  if (a.scheme === 'tel') return telKey(a) === telKey(b);
  const hasSameAddress = userKey(a) === userKey(b) && hostKey(a) === hostKey(b) && a.port === b.port;
  return hasSameAddress && areCompatible(a.params, b.params) && headersOf(one) === headersOf(other);
}

/**
 * A public identity as a key: an address of record in its canonical form, which has no parameters and nothing escaped that
 * need not be (RFC 3261 §10.3, item 5). Of a number (`user=phone`, `tel:`) without what is there to be read by people, and
 * with its context (RFC 3966 §5.1.5).
 */
export function identityOf(identity: string): string {
  const uri = parseSipUri(identity);
  if (uri === undefined) return identity.replace(/[;?].*$/, '');
  if (uri.scheme === 'tel') return telKey(uri);
  const isNumber = uri.params.get('user')?.toLowerCase() === 'phone';
  const user = isNumber ? numberKey(userKey(uri)) : userKey(uri);
  return `${uri.scheme}:${uri.user === undefined ? '' : `${user}@`}${hostPort(hostKey(uri), uri.port)}`;
}

function areCompatible(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].every((name) => {
    const [a, b] = [one.get(name), other.get(name)];
    if (a === undefined || b === undefined) return !decisive.includes(name);
    return plainUser(a).toLowerCase() === plainUser(b).toLowerCase();
  });
}

/** Case counts, escapes do not; but an escaped colon is none that ends the user name. */
function userKey({ user = '' }: SipUri): string {
  return user.split(':').map(plainUser).join(':');
}

function hostKey({ host }: SipUri): string {
  return normalAddress(host).toLowerCase();
}

/** Headers of a URI in one order (`?subject=a&priority=b`). */
function headersOf(uri: string): string {
  const at = uri.indexOf('?', uri.lastIndexOf('@') + 1);
  const headers = at < 0 ? '' : uri.slice(at + 1);
  return headers.split('&').map(plainUser).sort().join('&').toLowerCase();
}

function telKey({ user = '' }: SipUri): string {
  return `tel:${numberKey(user)}`;
}

/** A number with its parameters in one order and one case, and without visual separators. */
function numberKey(subscriber: string): string {
  const [number = '', ...params] = plainUser(subscriber).toLowerCase().split(';');
  const context = params.map((param) =>
    param.replace(/^(phone-context=\+)(.*)$/, (_all, plus: string, digits: string) => plus + withoutSeparators(digits)),
  );
  return [withoutSeparators(number), ...context.sort()].join(';');
}

function withoutSeparators(number: string): string {
  return number.replace(/[-.()]/g, '');
}

/** Text with the characters that may stand in a user part as they are (RFC 3261 §25.1, user-unreserved) written so. */
export function plainUser(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (escape, code: string) => {
    const character = String.fromCharCode(parseInt(code, 16));
    return /[\w\-.!~*'()&=+$,;?/]/.test(character) ? character : escape.toUpperCase();
  });
}
