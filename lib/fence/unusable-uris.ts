import type { OwnResponse } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import { parseSipUri, uriOf } from '../wire/sip-uri';
import { badRequest } from './own-answers';

/**
 * 400 for a request that drachtio-server drops without a word, as it cannot read its SIP Request-URI, or dies of, when it
 * has to send to its Contact, which is no SIP URI.
 */
export function answerToUnusable(request: SipMessage): OwnResponse | undefined {
  const { requestUri } = request;
  const isRequestUriUsable = !/^sips?:/i.test(requestUri) || isSipUri(requestUri);
  const areContactsUsable = request.method === 'REGISTER' || request.values('contact').every(canBeSentTo);
  return isRequestUriUsable && areContactsUsable ? undefined : badRequest;
}

/** Takes the Contacts away that drachtio-server would die of as the target of ACK, PRACK or BYE. */
export function dropUnusableContacts(response: SipMessage): void {
  const contacts = response.values('contact');
  if (response.status > 299 || contacts.every(canBeSentTo)) return;
  response.remove('contact');
  for (const contact of contacts.filter(canBeSentTo)) response.add('Contact', contact);
}

function canBeSentTo(contact: string): boolean {
  return isSipUri(uriOf(contact));
}

function isSipUri(text: string): boolean {
  const uri = parseSipUri(text);
  return uri !== undefined && uri.scheme !== 'tel';
}
