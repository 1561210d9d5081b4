import { beginsCall } from './dialog-makers';
import { addNote } from './hidden-headers';
import type { SipMessage } from '../../wire/sip-message';

/**
 * Asks by Supported for what an INVITE requires: that provisional responses are reliable (RFC 3262 §4). Where an INVITE
 * requires it, drachtio-server makes all of them reliable, and answers the PRACKs itself [04h]: the callee would wait for its own
 * in vain, and what they carry would be lost. The app is told by a private header.
 */
export function askForReliability(request: SipMessage): void {
  if (!beginsCall(request) || !request.hasOption('require', '100rel')) return;
  const others = request.values('require').filter((option) => option.toLowerCase() !== '100rel');
  request.remove('require');
  if (others.length > 0) request.add('Require', others.join(', '));
  if (!request.hasOption('supported', '100rel')) request.add('Supported', '100rel');
  addNote(request, 'Reliable', 'required');
}
