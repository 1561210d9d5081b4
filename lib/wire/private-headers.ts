import type { SipMessage } from './sip-message';

/** By these headers the parts of the edge tell each other what to do with a message: no one else may set or see them. */
const prefix = 'X-Edge80-';

/** Names a request's errand to the egress relay. */
export const errandHeader = `${prefix}Errand`;

/** Names the body of a message that is carried past the SIP server. */
export const bodyHeader = `${prefix}Body`;

/**
 * On what the app sends: the message reaches its receiver straight from the SIP server, so that no body can be carried
 * past that.
 */
export const uncarriedHeader = `${prefix}Uncarried`;

/** On what the app sends: whose share the body takes, where it is carried. The link takes it off. */
export const holderHeader = `${prefix}Holder`;

/**
 * Before the name of a header for the UE that the SIP server must not read. From a registration's or subscription's
 * expiry drachtio-server remembers the connection by the `user@host` of the UE's Contact, and sends there what is for
 * whoever else has the same (private addresses are alike everywhere), whatever next hop the app names.
 */
export const hiddenPrefix = `${prefix}Hidden-`;

/** On an INVITE for the app: its sender requires reliable provisional responses, though Require does not say so. */
export const reliableHeader = `${prefix}Reliable`;

function isPrivateHeader(name: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase());
}

/** Takes what only parts of the edge may say to each other out of a message that comes from elsewhere, or goes there. */
export function removePrivate(message: SipMessage): void {
  if (message.headers.some(({ name }) => isPrivateHeader(name))) {
    message.headers = message.headers.filter(({ name }) => !isPrivateHeader(name));
  }
}
