import { SipMessage } from './sip-message';

/**
 * Requests that tell, as their 2xx do, where the next ones in their dialog shall go (RFC 3261 §12.2, RFC 3311 §5.1, RFC 3515
 * §2.2, RFC 6665 §4.5.2).
 */
export const targetRefresh: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'REFER', 'NOTIFY', 'SUBSCRIBE']);

/** The two ends of a dialog, as a request in it names them (RFC 3261 §12.2.1.1). */
export interface DialogEnds {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly target: string;
  /** Topmost first; unset: none. */
  readonly routes?: readonly string[];
}

/** A request in a dialog, without a Via and a Contact. */
export function dialogRequest(
  { target, routes = [], from, to, callId }: DialogEnds,
  method: string,
  cseq: number,
): SipMessage {
  const request = new SipMessage(`${method} ${target} SIP/2.0`);
  for (const route of routes) request.add('Route', route);
  return request
    .add('Max-Forwards', '70')
    .add('From', from)
    .add('To', to)
    .add('Call-ID', callId)
    .add('CSeq', `${cseq} ${method}`);
}
