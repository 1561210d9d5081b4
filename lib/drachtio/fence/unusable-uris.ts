import type { OwnResponse } from '../../wire/own-response';
import type { SipMessage } from '../../wire/sip-message';
import { hasSipScheme, isSipUri, uriOf } from '../../wire/sip-uri';
import { badRequest } from './own-answers';

/**
 * 400 for a request that drachtio-server drops without a word, as it cannot read its SIP Request-URI, or dies of, when it
 * has to send to its Contact, which is no SIP URI [06m2, 09b].
 */
export function answerToUnusable(request: SipMessage): OwnResponse | undefined {
  const { requestUri } = request;
  const isRequestUriUsable = !hasSipScheme(requestUri) || isSipUri(requestUri);
  const areContactsUsable = request.method === 'REGISTER' || request.values('contact').every(canBeSentTo);
  return isRequestUriUsable && areContactsUsable ? undefined : badRequest;
}

/** Takes the Contacts away that drachtio-server would die of as the target of ACK, PRACK or BYE [06m2]. */
export function dropUnusableContacts(response: SipMessage): void {
  const contacts = response.values('contact');
  if (response.status > 299 || contacts.every(canBeSentTo)) return;
  response.remove('contact');
  for (const contact of contacts.filter(canBeSentTo)) response.add('Contact', contact);
}

/** Whether the server survives that it sends to a Contact. */
export function canBeSentTo(contact: string): boolean {
  return isSipUri(uriOf(contact));
}
