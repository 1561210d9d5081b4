import type { Header, SipMessage } from '../../wire/sip-message';
import { parseSipUri, splitOutsideQuotes } from '../../wire/sip-uri';

/*
 * Headers without which drachtio-server does not take a message: to a request with one that it cannot read it answers 400,
 * and then reads nothing more from the TCP connection that it came on [16a, 16c9]; a response it drops. What is legal by RFC 3261 §25.1
 * is readable.
 */

const token = "[\\w.!%*+`'~-]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
/** Some more than a token may have, which is read all the same. */
const parameter = `[ \\t]*;[ \\t]*${token}(?:[ \\t]*=[ \\t]*(?:[\\w.!%*+\`'~:/[\\]-]+|${quoted}))?`;
const parameters = `(?:${parameter})*[ \\t]*$`;

/** At most 65535. */
const port = '(?:[0-5]?\\d{1,4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';

const isToken = matching(token);
const isTokenWithParameters = matching(`${token}${parameters}`);
const isContentType = matching(`${token}[ \\t]*/[ \\t]*${token}${parameters}`);
const isInterval = matching(`\\d{1,10}${parameters}`);
const isNumber = matching('\\d{1,10}');
const isRack = matching(`\\d{1,10}[ \\t]+\\d{1,10}[ \\t]+${token}`);
const isSequence = matching(`\\d{1,10}[ \\t]+${token}`);
const areParameters = matching(parameters);
const isDate = matching(
  '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:0?[1-9]|[12]\\d|3[01]) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \\d{4} ' +
    '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d GMT',
);
const isDelay = matching(`\\d{1,10}[ \\t]*(?:\\([^()]*\\))?${parameters}`);
const isTimestamp = matching('\\d{1,10}(?:\\.\\d*)?(?:[ \\t]+\\d*(?:\\.\\d*)?)?');
const isTruth = matching(`(?:true|false)${parameters}`);
const isWarning = matching(`\\d{3}[ \\t]+[^\\s"]+[ \\t]+${quoted}`);
const isChallenge = matching(`${token}[ \\t]+${token}[ \\t]*=.*`);
const isName = matching(`(?:${quoted}|${token}(?:[ \\t]+${token})*)?[ \\t]*`);
const isVia = matching(
  `SIP[ \\t]*/[ \\t]*${token}[ \\t]*/[ \\t]*${token}[ \\t]+(?:\\[[\\da-f:.]+\\]|[\\w.-]+)(?:[ \\t]*:[ \\t]*${port})?${parameters}`,
);

type Reading = (value: string) => boolean;

/** Headers by which a request is served, by their names in lower case. */
const decisive: ReadonlyMap<string, Reading> = new Map([
  ['content-disposition', isTokenWithParameters],
  ['content-type', isContentType],
  ['cseq', (value) => isSequence(value) && Number.parseInt(value) < 2 ** 31],
  ['event', isTokenWithParameters],
  ['from', isNameAddress],
  ['min-se', isInterval],
  ['rack', isRack],
  ['rseq', (value) => isNumber(value) && Number(value) < 2 ** 32],
  ['session-expires', isInterval],
  ['sip-etag', isToken],
  ['sip-if-match', isToken],
  ['subscription-state', isTokenWithParameters],
  ['to', isNameAddress],
]);
const decisiveLists: ReadonlyMap<string, Reading> = new Map([
  ['contact', (value) => value === '*' || isNameAddress(value)],
  ['content-encoding', isToken],
  ['record-route', isNameAddress],
  ['require', isToken],
  ['via', isVia],
]);

/** Those that a request is served without, too. */
const dispensable: ReadonlyMap<string, Reading> = new Map([
  ['date', isDate],
  ['expires', isNumber],
  ['min-expires', isNumber],
  ['organization', isAnything],
  ['priority', isToken],
  ['refer-sub', isTruth],
  ['reply-to', isNameAddress],
  ['retry-after', isDelay],
  ['server', isAnything],
  ['subject', isAnything],
  ['timestamp', isTimestamp],
  ['user-agent', isAnything],
]);
const dispensableLists: ReadonlyMap<string, Reading> = new Map([
  ['accept', isContentType],
  ['accept-encoding', isTokenWithParameters],
  ['allow', isToken],
  ['p-asserted-identity', isNameAddress],
  ['p-preferred-identity', isNameAddress],
  ['path', isNameAddress],
  ['reason', isTokenWithParameters],
  ['remote-party-id', isNameAddress],
  ['request-disposition', isToken],
  ['security-client', isTokenWithParameters],
  ['service-route', isNameAddress],
  ['supported', isToken],
  ['unsupported', isToken],
  ['warning', isWarning],
]);
/** A list of parameters each, which begins with the name of its kind. */
const challenges = new Set(['proxy-authenticate', 'www-authenticate']);

/** Headers that a response has to have. */
const needed = new Set(['cseq', 'from', 'to', 'via']);

/**
 * Takes out what drachtio-server cannot read, where the message may be without it. False: it may not. A request is served
 * without what is not necessary for that (RFC 3261 §8.2.2, RFC 4475 §3.1.2.4), and what is left of a response is worth more
 * than nothing.
 */
export function dropUnreadable(message: SipMessage): boolean {
  const unreadable = message.headers.filter((header) => !isReadable(header) || isOneTooMany(header, message));
  if (unreadable.length === 0) return true;
  if (!unreadable.every(({ key }) => (message.isRequest ? isDispensable(key) : !needed.has(key)))) return false;
  message.headers = message.headers.filter((header) => !unreadable.includes(header));
  return true;
}

function isDispensable(key: string): boolean {
  return dispensable.has(key) || dispensableLists.has(key) || challenges.has(key);
}

/** Of what a message has once, the first line counts. */
function isOneTooMany(header: Header, message: SipMessage): boolean {
  const { key } = header;
  return (decisive.has(key) || dispensable.has(key)) && message.headers.find((each) => each.key === key) !== header;
}

function isReadable({ key, value }: Header): boolean {
  const isElement = decisiveLists.get(key) ?? dispensableLists.get(key);
  if (isElement) return splitOutsideQuotes(value, ',').every(isElement);
  if (challenges.has(key)) return isChallenge(value);
  return (decisive.get(key) ?? dispensable.get(key))?.(value) ?? true;
}

/**
 * Whether a name-addr has a display name without quotes that is no token, as one with an umlaut: an assertion with one that
 * the app gives the server takes the whole message with it [02j].
 */
export function hasBareName(nameAddr: string): boolean {
  const [name = ''] = nameAddr.replace(/"(?:[^"\\]|\\.)*("|$)/g, '""').split('<', 1);
  return nameAddr.includes('<') && /[^\t -~]/.test(name);
}

function isAnything(): boolean {
  return true;
}

function isNameAddress(value: string): boolean {
  const [, name = '', uri = '', after = ''] = /^((?:"(?:[^"\\]|\\.)*"|[^"<])*)<([^<>]*)>(.*)$/s.exec(value) ?? [];
  if (uri !== '') return isName(name) && isUri(uri.trim()) && areParameters(after);
  const [, plain = '', params = ''] = /^([^\s;,?<>"]+)(.*)$/s.exec(value) ?? [];
  return isUri(plain) && areParameters(params);
}

function isUri(text: string): boolean {
  if (/%(?![\da-f]{2})/i.test(text)) return false;
  return /^(?:sips?|tel):/i.test(text) ? parseSipUri(text) !== undefined : /^[a-z][a-z\d+.-]*:[^\s<>"]+$/i.test(text);
}

function matching(pattern: string): (value: string) => boolean {
  const whole = new RegExp(`^(?:${pattern})$`, 'i');
  return (value) => whole.test(value);
}
