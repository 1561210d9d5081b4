import { randomBytes } from 'node:crypto';
import { SipMessage } from './sip-message';
import { tagOf } from './sip-uri';

export interface OwnResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response of our own, and what it takes over from its request (RFC 3261 §8.2.6). `tag`: for a To without one; empty: none. */
export function responseTo(
  request: SipMessage,
  { status, reason, headers = {} }: OwnResponse,
  tag = randomBytes(6).toString('hex'),
): SipMessage {
  const response = new SipMessage(`SIP/2.0 ${status} ${reason}`);
  for (const { key, name, value } of request.headers) {
    if (key === 'to' && tag !== '' && tagOf(value) === undefined) response.add(name, `${value};tag=${tag}`);
    else if (['via', 'from', 'to', 'call-id', 'cseq'].includes(key)) response.add(name, value);
  }
  for (const [name, value] of Object.entries(headers)) response.add(name, value);
  return response;
}
