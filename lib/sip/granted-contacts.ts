import type { SipMessage } from '../drachtio/messages';
import { headerParams, uriOf } from '../wire/sip-uri';
import { listOf } from './name-addresses';

/** What a 200 to a REGISTER means for one contact of the UE that sent it. */
export interface GrantedContact {
  /** What is registered (see {@link Registration.binding}). */
  binding: string;
  /** s; 0: the contact is registered no more */
  expires: number;
}

/** `all`: the UE took back whatever it had registered (`Contact: *`, RFC 3261 §10.2.2). */
export type Granted = GrantedContact[] | 'all-removed';

/** s; for a registrar that names no expiry */
const defaultExpires = 3600;

/**
 * What became of the contacts that a REGISTER named, by its 200 (RFC 3261 §10.3): a registrar lists the contacts of
 * other devices as well, and may grant less time than was asked for. One that it does not list is not registered.
 */
export function grantedContacts(request: SipMessage, response: SipMessage): Granted {
  const asked = listOf(request.get('contact'));
  if (asked.some((contact) => contact.trim() === '*')) return 'all-removed';
  const listed = listOf(response.get('contact'));
  const general = seconds(response.get('expires')) ?? seconds(request.get('expires')) ?? defaultExpires;
  return asked.map((contact) => {
    const binding = bindingOf(contact);
    const granted =
      listed.find((each) => bindingOf(each) === binding) ?? listed.find((each) => uriKey(each) === uriKey(contact));
    if (granted === undefined || wanted(contact, request) === 0) return { binding, expires: 0 };
    return { binding, expires: seconds(headerParams(granted).get('expires')) ?? general };
  });
}

/** Whether a REGISTER takes back all that it names. */
export function isRemoval(request: SipMessage): boolean {
  const asked = listOf(request.get('contact'));
  return asked.length > 0 && asked.every((contact) => contact.trim() === '*' || wanted(contact, request) === 0);
}

/** s */
function wanted(contact: string, request: SipMessage): number | undefined {
  return seconds(headerParams(contact).get('expires')) ?? seconds(request.get('expires'));
}

/** Instance and reg-id where the UE gave them (RFC 5626 §4.2, §6), else the URI. */
export function bindingOf(contact: string): string {
  const params = headerParams(contact);
  const instance = params.get('+sip.instance');
  return instance === undefined ? uriKey(contact) : `${instance} ${params.get('reg-id') ?? ''}`;
}

/** RFC 3261 §19.1.4 asks for more; a registrar gives back the URI that it got. */
function uriKey(contact: string): string {
  return uriOf(contact).replace(/\?.*$/, '').toLowerCase();
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}
