import { detached, SipMessage } from './sip-message';

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
