import type { IncomingResponse } from '../drachtio/messages';
import { EdgeError } from '../errors';

/** An INVITE of ours was refused, or timed out (408 made by the server). */
export class SipRejection extends EdgeError {
  readonly response: IncomingResponse;

  constructor(response: IncomingResponse) {
    super('sip-rejected', `The far end answered ${response.status} ${response.reason}.`, {
      sipStatus: response.status,
    });
    this.response = response;
  }
}

/** The challenge in a 401 or 407, and the header to answer it in (RFC 3261 §22). */
export function challengeIn(response: IncomingResponse): { header: string; value: string } | undefined {
  const [asks, header] =
    response.status === 401 ? ['WWW-Authenticate', 'Authorization'] : ['Proxy-Authenticate', 'Proxy-Authorization'];
  const value = response.status === 401 || response.status === 407 ? response.get(asks) : undefined;
  return value === undefined ? undefined : { header, value };
}

/** A response that our own SIP server made up means that the next hop could not be reached. */
export function refusal(response: IncomingResponse, request: 'call' | 'registration' | 'message' = 'call'): EdgeError {
  const { status, reason } = response;
  if (!response.source_address) {
    return new EdgeError('edge-unreachable', `The edge cannot be reached: ${status} ${reason}.`, { sipStatus: status });
  }
  const warning = response.get('Warning');
  const detail = warning === undefined ? '' : ` (${warning})`;
  return new EdgeError(`${request}-refused`, `The ${request} was refused: ${status} ${reason}${detail}.`, {
    sipStatus: status,
  });
}
