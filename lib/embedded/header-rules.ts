import type { ListeningPoint } from './contact';
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

/** Bodies that look like SDP get their Content-Type. Returns whether the body has one now. */
export function completeContentType(message: SipMessage): boolean {
  if (message.body === '' || message.has('content-type')) return true;
  if (!message.body.startsWith('v=0')) return false;
  message.add('Content-Type', 'application/sdp');
  return true;
}
