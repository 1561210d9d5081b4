import { SipMessage } from './sip-message';

/** The CANCEL of an INVITE (RFC 3261 §9.1). With the topmost Via alone: so its answer ends at the next hop. */
export function cancelOf(invite: SipMessage): SipMessage {
  const cancel = new SipMessage(`CANCEL ${invite.requestUri} SIP/2.0`).add('Via', invite.values('via')[0] ?? '');
  for (const route of invite.lines('route')) cancel.add('Route', route);
  cancel.add('Max-Forwards', '70');
  for (const name of ['From', 'To', 'Call-ID']) cancel.add(name, invite.get(name.toLowerCase()) ?? '');
  return cancel.add('CSeq', `${invite.cseq?.number ?? 0} CANCEL`);
}
