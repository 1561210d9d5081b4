import type { SipMessage } from './messages';

/**
 * Whether drachtio-server can send to the Contact of a message, which becomes the target of its dialog (RFC 3261
 * §12.1.1): to any other URI than SIP it sends, and dies of it. A message without a Contact changes no target.
 */
export function hasSafeTarget(message: SipMessage): boolean {
  const contact = message.get('contact')?.trim();
  if (contact === undefined || contact === '') return true;
  const open = contact.indexOf('<');
  const close = contact.indexOf('>', open);
  const uri = open >= 0 && close >= 0 ? contact.slice(open + 1, close) : contact;
  return /^sips?:(?:[^@\s]*@)?[\w[\].:-]+/i.test(uri.trim());
}
