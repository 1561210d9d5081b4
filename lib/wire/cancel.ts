import { SipMessage } from './sip-message';
import { withoutTag } from './sip-uri';

/** The CANCEL of an INVITE (RFC 3261 §9.1). With the topmost Via alone: so its answer ends at the next hop. */
export function cancelOf(invite: SipMessage): SipMessage {
  return new SipMessage(`CANCEL ${invite.requestUri} SIP/2.0`)
    .add('Via', invite.values('via')[0] ?? '')
    .add('Max-Forwards', '70')
    .add('From', invite.get('from') ?? '')
    .add('To', withoutTag(invite.get('to') ?? ''))
    .add('Call-ID', invite.callId)
    .add('CSeq', `${invite.cseq?.number ?? 0} CANCEL`);
}
