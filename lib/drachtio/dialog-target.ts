import { splitOutsideQuotes } from '../wire/sip-uri';
import { canBeSentTo } from './fence/unusable-uris';
import type { ParsedMessage } from './messages';

/**
 * Whether drachtio-server can send to the Contact of a message, which becomes the target of its dialog (RFC 3261 §12.1.1). A
 * message without a Contact changes no target.
 */
export function hasSafeTarget(message: ParsedMessage): boolean {
  const [contact] = splitOutsideQuotes(message.get('contact') ?? '', ',');
  return contact === undefined || canBeSentTo(contact);
}
