import { splitOutsideQuotes } from '../wire/sip-uri';
import { canBeSentTo } from './fence/unusable-uris';
import type { SipMessage } from './messages';

/**
 * Whether drachtio-server can send to the Contact of a message, which becomes the target of its dialog (RFC 3261 §12.1.1). A
 * message without a Contact changes no target.
 */
export function hasSafeTarget(message: SipMessage): boolean {
  const [contact] = splitOutsideQuotes(message.get('contact') ?? '', ',');
  return contact === undefined || canBeSentTo(contact);
}
