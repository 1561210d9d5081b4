import { makesDialogs } from '../drachtio/fence/dialog-makers';
import { contactUri, type ListeningPoint } from './contact';
import { hostPort, splitOutsideQuotes } from '../wire/sip-uri';
import { spellHeader, type Header, type SipMessage } from '../wire/sip-message';

/** What an app cannot set: drachtio-server drops these. */
const dropped = new Set(['via', 'route', 'record-route', 'rseq', 'content-length']);
/** Where the literal host `localhost` stands for the edge's own address. */
const localised = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
/** What of an app's request is written above its other headers. */
export const writtenFirst = ['max-forwards', 'from', 'to', 'call-id', 'cseq', 'contact'];
/** Lists that are written one value a line. */
const split = new Set(['service-route', 'path']);

/** The headers of an app's message as they go out, without those that the caller sets by himself. */
export function appHeaders(message: SipMessage, local: ListeningPoint, except: readonly string[]): Header[] {
  return message.headers
    .filter(({ key }) => !dropped.has(key) && !except.includes(key))
    .flatMap(({ key, name, value }) => {
      const values = split.has(key) ? splitOutsideQuotes(value, ',') : [value];
      return values.map((item) => ({ key, name: spellHeader(name), value: localise(key, item, local) }));
    });
}

export function localise(key: string, value: string, local: ListeningPoint): string {
  if (!localised.has(key)) return value;
  return value.replace(/@localhost(?=[;>\s?]|$)/gi, `@${hostPort(local.host, local.port)}`);
}

/** The body of an app's message, with its Content-Type where it looks like SDP and has none. */
export function takeBody(message: SipMessage, given: SipMessage): void {
  message.body = given.body;
  if (given.body.startsWith('v=0') && !message.has('content-type')) message.add('Content-Type', 'application/sdp');
}

/** Completes a request by what the app gave for it: its Contact, or ours, and other headers, and its body. */
export function completeRequest(request: SipMessage, given: SipMessage, local: ListeningPoint): void {
  const contacts = given.lines('contact').map((value) => localise('contact', value, local));
  const { method, toTag } = request;
  const wantsContact = makesDialogs(method) || (method === 'REFER' && toTag !== undefined);
  if (contacts.length === 0 && wantsContact) contacts.push(`<${contactUri(local)}>`);
  for (const contact of contacts) request.add('Contact', contact);
  request.headers.push(...appHeaders(given, local, writtenFirst));
  takeBody(request, given);
}
