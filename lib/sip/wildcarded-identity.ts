import { identityOf, plainUser } from '../wire/uri-comparison';

/*
 * A wildcarded public identity stands for many: `sip:pbx-!.*!@example.net` (TS 23.003 §13.4A, TS 24.229 §5.2.6.3). Between
 * the exclamation marks is an extended regular expression (POSIX) for that part of the user, or of a tel number.
 */

const pattern = /^(sips?|tel):([^!@]*)!(.+)!([^!@]*)(?:@([^@]+))?$/is;

/** Characters of a user or of an expression that are looked at. */
const longest = 128;

/** Parts of an expression that may match more or less: with each, a search may take {@link longest} times as long. */
const mostVariable = 3;

const classes = { alnum: 'A-Za-z0-9', alpha: 'A-Za-z', digit: '0-9', lower: 'a-z', upper: 'A-Z', xdigit: 'A-Fa-f0-9' };

/** Whether an identity of the core stands for many. */
export function isWildcarded(uri: string): boolean {
  return pattern.test(uri);
}

/**
 * Whether a wildcarded identity stands for `identity` too, which is one as `identityOf` writes it. One whose expression is
 * too hard, or is none, stands for nobody.
 */
export function covers(wildcarded: string, identity: string): boolean {
  const [, scheme = '', before = '', expression = '', after = '', host] = pattern.exec(wildcarded) ?? [];
  const [, itsScheme, user = '', itsHost] = /^(sips?|tel):([^@]*)(?:@(.*))?$/s.exec(identity) ?? [];
  if (scheme === '' || itsScheme !== scheme.toLowerCase()) return false;
  if (user.length > longest || !/^[\x21-\x7e]+$/.test(identity)) return false;
  if (hostOf(host) !== hostOf(itsHost)) return false;
  const literal = (part: string) =>
    escaped(scheme.toLowerCase() === 'tel' ? part.replace(/[-.()]/g, '') : plainUser(part));
  const wanted = compiled(`${literal(before)}(?:${readable(expression)})${literal(after)}`, expression);
  return wanted?.test(user) ?? false;
}

function compiled(whole: string, expression: string): RegExp | undefined {
  const variable = expression.match(/[*+?]|\{\d*,\d*\}/g) ?? [];
  // A group that repeats, or refers back, makes a search long beyond measure.
  const isHard = /\)[*+?{]|\(\?|\\\d/.test(expression) || variable.length > mostVariable;
  if (isHard || expression.length > longest) return undefined;
  try {
    return new RegExp(`^${whole}$`);
  } catch {
    return undefined;
  }
}

/** Character classes of POSIX in the words of JavaScript. */
function readable(expression: string): string {
  return Object.entries(classes).reduce((text, [name, range]) => text.replaceAll(`[:${name}:]`, range), expression);
}

function hostOf(host: string | undefined): string | undefined {
  return host === undefined ? undefined : identityOf(`sip:${host}`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
