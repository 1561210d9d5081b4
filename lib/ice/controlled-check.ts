import { attributeType } from './stun-attribute';
import { bindingMethod, findAttribute, parseStun } from './stun-message';

/**
 * Whether a packet is a check of an agent that takes itself for controlled (RFC 8445 §7.1.3), which it cannot be where the
 * other one is ICE-lite. As native/controlled-check.h.
 */
export function isCheckOfControlled(packet: Buffer): boolean {
  // Most packets are media: they are not read further.
  if (packet.length < 2 || packet.readUInt16BE(0) !== bindingMethod) return false;
  const message = parseStun(packet);
  return !('fault' in message) && findAttribute(message, attributeType.iceControlled) !== undefined;
}
