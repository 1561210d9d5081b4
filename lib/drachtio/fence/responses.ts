import type { SipMessage } from '../../wire/sip-message';
import { dropLongLines } from './long-lines';
import { dropUnreadable } from './readable-headers';
import { dropShortSessionTimer } from './session-timer';
import { dropUnusableContacts } from './unusable-uris';

/** Takes out of a response what drachtio-server does not bear. False: nothing is left that it would take. */
export function mendResponse(response: SipMessage): boolean {
  dropLongLines(response);
  if (!dropUnreadable(response)) return false;
  dropUnusableContacts(response);
  dropShortSessionTimer(response);
  return true;
}
