import { mendResponse } from '../fence/responses';
import type { CarriedBodies } from '../wire/carried-bodies';
import { removePrivate } from '../wire/private-headers';
import { contentLengthOf, detached, lacksMandatory, parseSipMessage, SipMessage } from '../wire/sip-message';
import type { Link } from './link';

/** What responses to a request, its CANCEL and the ACK to a refusal need of it; and whether a NOTIFY is the last. */
const lasting = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'route', 'max-forwards', 'subscription-state']);

/** The same request without all that nobody needs once it is on its way; it holds nothing of the text that it came in. */
export function lastingPart(request: SipMessage): SipMessage {
  const headers = request.headers.filter(({ key }) => lasting.has(key));
  const kept = headers.map(({ key, name, value }) => ({ key, name: detached(name), value: detached(value) }));
  return new SipMessage(detached(request.startLine), kept);
}

/** Bytes of a message without its body, more or less. */
export function headBytes({ startLine, headers }: SipMessage): number {
  return headers.reduce((bytes, { name, value }) => bytes + name.length + value.length + 4, startLine.length);
}

export function isSamePeer(one: Link, other: Link): boolean {
  return isSameHost(one, other) && one.port === other.port;
}

export function isSameHost(one: Link, other: Link): boolean {
  return one.transport === other.transport && one.address === other.address;
}

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

/** Makes a response of the core one that the server bears. False: it cannot be one. */
export function mendForServer(response: SipMessage, bodies: CarriedBodies | undefined): boolean {
  removePrivate(response);
  if (!mendResponse(response)) return false;
  bodies?.take(response);
  return true;
}

/** Makes a message of the server one that the core gets. False: its body is not known any more. */
export function mendForCore(message: SipMessage, bodies: CarriedBodies | undefined): boolean {
  const isWhole = bodies?.putBack(message) ?? true;
  removePrivate(message);
  return isWhole;
}
