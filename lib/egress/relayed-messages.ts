import { mendResponse } from '../drachtio/fence/responses';
import type { CarriedBodies } from '../drachtio/fence/carried-bodies';
import { removePrivate } from '../drachtio/fence/hidden-headers';
import { detached, lacksMandatory, parseSipMessage, type SipMessage } from '../wire/sip-message';
import { parseSipUri, uriOf } from '../wire/sip-uri';
import { contentLengthOf } from '../wire/stream-framer';
import type { Link } from '../wire/link';

/** `undefined` for what is no SIP, lacks what every message has, or is cut off. */
export function read(text: string): SipMessage | undefined {
  const message = parseSipMessage(text)?.message;
  if (message?.cseq === undefined || !message.topVia || lacksMandatory(message)) return undefined;
  if (message.isRequest && message.cseq.method !== message.method) return undefined;
  const end = text.indexOf('\r\n\r\n');
  const stated = contentLengthOf(text.slice(0, end < 0 ? text.length : end)) ?? String(message.body.length);
  const length = Number(stated);
  if (!/^\d+$/.test(stated) || length > message.body.length) return undefined;
  // A datagram may be longer than its message (RFC 3261 §18.3).
  message.body = message.body.slice(0, length);
  return message;
}

export function setRoutes(request: SipMessage, routes: readonly string[]): void {
  request.remove('route');
  for (const route of routes) request.add('Route', route);
}

/** The request as it goes out over a link. Its Max-Forwards is the server's; the server's ACKs may have none. */
export function finish(request: SipMessage, id: string, { transport, sentBy }: Link): string {
  if (!request.has('max-forwards')) request.add('Max-Forwards', '70');
  // Asked for on UDP alone (RFC 3581 §3).
  const rport = transport === 'udp' ? ';rport' : '';
  request.prepend('Via', `SIP/2.0/${transport.toUpperCase()} ${sentBy}${rport};branch=${id}`);
  return request.toString();
}

/** Whose share bodies take of which no more is known. */
export function holderOfCall({ callId }: SipMessage): string {
  return detached(`call ${callId}`);
}

/** Of a request of the core outside of dialogs: the UE that it is for, by the user part of its Path. */
export function holderOfEntered(request: SipMessage): string {
  const [route] = request.values('route');
  return detached(`to ${parseSipUri(route === undefined ? request.requestUri : uriOf(route))?.user ?? ''}`);
}

/** Makes a response of the core one that the server bears. False: it cannot be one. */
export function mendForServer(response: SipMessage, bodies: CarriedBodies | undefined, holder: string): boolean {
  removePrivate(response);
  if (!mendResponse(response)) return false;
  bodies?.take(response, holder);
  return true;
}

/** Makes a message of the server one that the core gets. False: its body is not known any more. */
export function mendForCore(message: SipMessage, bodies: CarriedBodies | undefined): boolean {
  const isWhole = bodies?.putBack(message) ?? true;
  removePrivate(message);
  return isWhole;
}
