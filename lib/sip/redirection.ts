import { isIP } from 'node:net';
import type { Headers, IncomingResponse } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';
import { listOf, parseSipUri, sipUriOf, uriOf } from '../wire/sip-uri';

/**
 * Where else to go, of a response that says so (RFC 3261 §20.10): there Contacts are for who asked, and not where the
 * response came from. A UE is told names alone: in place of an address, which is one of the inside, stands the host that
 * it asked, in `uri`.
 */
export function redirection(response: IncomingResponse, to: Side, uri: string): Headers {
  const { status } = response;
  const isRedirect = (status >= 300 && status < 400) || status === 485;
  const contacts = isRedirect ? listOf(response.get('contact')) : [];
  const shown = to === 'core' ? contacts : contacts.flatMap((contact) => shownToUe(contact, uri));
  return shown.length > 0 ? { Contact: shown.join(', ') } : {};
}

function shownToUe(contact: string, uri: string): string[] {
  const text = uriOf(contact);
  const { host = '', user } = parseSipUri(text) ?? {};
  if (isIP(host) === 0) return [contact];
  const asked = parseSipUri(uri);
  if (user === undefined || !asked?.host) return [];
  return [contact.replace(text, () => sipUriOf({ user, host: asked.host, port: asked.port }))];
}
