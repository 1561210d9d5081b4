import type { ParsedMessage } from '../drachtio/messages';
import { headerParams, listOf, uriOf } from '../wire/sip-uri';
import { isSameUri } from '../wire/uri-comparison';

/** What a 2xx to a REGISTER means for one contact of the UE that sent it. */
export interface GrantedContact {
  binding: Binding;
  /** s; 0: the contact is registered no more */
  expires: number;
}

/** A Contact as far as it tells bindings apart. */
export interface Binding {
  readonly uri: string;
  /** `+sip.instance`, with or without a reg-id. */
  readonly instance: string | undefined;
  /** Instance and reg-id, where the UE gave both (RFC 5626 §6): then the URI does not matter. */
  readonly outbound: string | undefined;
}

/** `all`: the UE took back whatever it had registered (`Contact: *`, RFC 3261 §10.2.2). */
export type Granted = GrantedContact[] | 'all-removed';

/** s; for a registrar that names no expiry */
const defaultExpires = 3600;

/**
 * What became of the contacts that a REGISTER named, by its 2xx. A registrar takes all of them or refuses the REGISTER
 * (RFC 3261 §10.3, item 7), so each is registered, however the 2xx spells it, or if it lists none; unless the 2xx lists it
 * with an expiry of 0. The list tells the time that was granted, and has the contacts of other devices as well. Contacts
 * that are registered come before those that are not.
 *
 * `others`: what is known of the user's other devices.
 */
export function grantedContacts(
  request: ParsedMessage,
  response: ParsedMessage,
  others: readonly Binding[] = [],
): Granted {
  const asked = listOf(request.get('contact'));
  if (asked.some((contact) => contact.trim() === '*')) return 'all-removed';
  // Those that the registrar lists, as far as they are nobody's yet.
  let unclaimed = listOf(response.get('contact'));
  const claim = (binding: Binding) => {
    const claimed = unclaimed.filter((contact) => isSameBinding(bindingOf(contact), binding));
    unclaimed = unclaimed.filter((contact) => !claimed.includes(contact));
    return claimed;
  };
  const removed = asked.filter((contact) => wanted(contact, request) === 0);
  const added = asked.filter((contact) => wanted(contact, request) !== 0);
  const claimed = new Map(added.map((contact) => [contact, claim(bindingOf(contact))] as const));
  for (const binding of [...removed.map(bindingOf), ...others]) claim(binding);
  const general = seconds(response.get('expires'));
  const granted = added.map((contact) => {
    const listed = claimed.get(contact) ?? [];
    // One that is spelled in a way of the registrar's own is among those that nobody claims.
    const times = (listed.length > 0 ? listed : unclaimed).map((each) => seconds(headerParams(each).get('expires')));
    const asIs = general ?? wanted(contact, request) ?? defaultExpires;
    return {
      binding: bindingOf(contact),
      expires: times.length === 0 ? asIs : Math.max(...times.map((time) => time ?? asIs)),
    };
  });
  const isKept = (binding: Binding) => granted.some((each) => each.expires > 0 && isSameBinding(each.binding, binding));
  const gone = removed.map((contact) => ({ binding: bindingOf(contact), expires: 0 }));
  return [...granted, ...gone.filter(({ binding }) => !isKept(binding))];
}

/** Whether a REGISTER takes back all that it names. */
export function isRemoval(request: ParsedMessage): boolean {
  const asked = listOf(request.get('contact'));
  return asked.length > 0 && asked.every((contact) => contact.trim() === '*' || wanted(contact, request) === 0);
}

export function bindingOf(contact: string): Binding {
  const params = headerParams(contact);
  // A URN, whose case does not count (RFC 5626 §4.1).
  const instance = params.get('+sip.instance')?.replace(/[\s"]/g, '').toLowerCase();
  const regId = params.get('reg-id')?.trim();
  const outbound = instance === undefined || regId === undefined ? undefined : `${instance} ${regId}`;
  return { uri: uriOf(contact), instance, outbound };
}

export function isSameBinding(one: Binding, other: Binding): boolean {
  if (one.outbound !== undefined && other.outbound !== undefined) return one.outbound === other.outbound;
  return isSameUri(one.uri, other.uri);
}

/**
 * Whether a registrar has put `newer` in the place of `older`: the same device, and its 2xx lists contacts, of which `older`
 * is none. Flows of outbound stand beside each other.
 */
export function isReplaced(older: Binding, newer: Binding, response: ParsedMessage): boolean {
  if (older.instance === undefined || older.instance !== newer.instance || isSameBinding(older, newer)) return false;
  if (older.outbound !== undefined && newer.outbound !== undefined) return false;
  const listed = listOf(response.get('contact')).map(bindingOf);
  return listed.length > 0 && !listed.some((each) => isSameBinding(each, older));
}

/** s */
function wanted(contact: string, request: ParsedMessage): number | undefined {
  return seconds(headerParams(contact).get('expires')) ?? seconds(request.get('expires'));
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}
