import { SipMessage } from './sip-message';

/** The CANCEL of an INVITE (RFC 3261 §9.1). With the topmost Via alone: so its answer ends at the next hop. */
export function cancelOf(invite: SipMessage): SipMessage {
  return ofTransaction('CANCEL', invite);
}

/** The ACK of a final response other than 2xx (RFC 3261 §17.1.1.3). */
export function ackOfRefusal(invite: SipMessage, refusal: SipMessage): SipMessage {
  return ofTransaction('ACK', invite).set('To', refusal.get('to') ?? '');
}

function ofTransaction(method: 'CANCEL' | 'ACK', invite: SipMessage): SipMessage {
  const request = new SipMessage(`${method} ${invite.requestUri} SIP/2.0`).add('Via', invite.values('via')[0] ?? '');
  for (const route of invite.lines('route')) request.add('Route', route);
  request.add('Max-Forwards', '70');
  for (const name of ['From', 'To', 'Call-ID']) request.add(name, invite.get(name.toLowerCase()) ?? '');
  return request.add('CSeq', `${invite.cseq?.number ?? 0} ${method}`);
}
