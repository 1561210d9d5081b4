import type { Header, SipMessage } from '../wire/sip-message';
import { parseSipUri, splitOutsideQuotes } from '../wire/sip-uri';

/*
 * Headers without which drachtio-server does not take a message: to a request with one that it cannot read it answers 400,
 * and then reads nothing more from the TCP connection that it came on; a response it drops. What is legal by RFC 3261 §25.1
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
const isName = matching(`(?:${quoted}|${token}(?:[ \\t]+${token})*)?[ \\t]*`);
const isVia = matching(
  `SIP[ \\t]*/[ \\t]*${token}[ \\t]*/[ \\t]*${token}[ \\t]+(?:\\[[\\da-f:.]+\\]|[\\w.-]+)(?:[ \\t]*:[ \\t]*${port})?${parameters}`,
);

/** Headers that a message has once, by their names in lower case; and lists, which are read value by value. */
const readable: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['content-disposition', isTokenWithParameters],
  ['content-type', isContentType],
  ['cseq', (value) => isSequence(value) && Number.parseInt(value) < 2 ** 31],
  ['event', isTokenWithParameters],
  ['expires', isNumber],
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
const readableLists: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['contact', (value) => value === '*' || isNameAddress(value)],
  ['content-encoding', isToken],
  ['record-route', isNameAddress],
  ['require', isToken],
  ['via', isVia],
]);

/** Headers that a response has to have. */
const needed = new Set(['cseq', 'from', 'to', 'via']);

/**
 * Takes out what drachtio-server cannot read, where the message may be without it. False: it may not. In a request that is
 * an Expires alone, which counts as none where it cannot be read (RFC 4475 §3.1.2.4); what is left of a response is worth
 * more than nothing.
 */
export function dropUnreadable(message: SipMessage): boolean {
  const unreadable = message.headers.filter((header) => !isReadable(header) || isOneTooMany(header, message));
  if (unreadable.length === 0) return true;
  if (!unreadable.every(({ key }) => (message.isRequest ? key === 'expires' : !needed.has(key)))) return false;
  message.headers = message.headers.filter((header) => !unreadable.includes(header));
  return true;
}

function isOneTooMany({ key }: Header, message: SipMessage): boolean {
  return readable.has(key) && message.lines(key).length > 1;
}

function isReadable({ key, value }: Header): boolean {
  const isList = readableLists.get(key);
  if (isList) return splitOutsideQuotes(value, ',').every(isList);
  return readable.get(key)?.(value) ?? true;
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
