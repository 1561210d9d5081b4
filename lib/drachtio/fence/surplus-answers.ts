import { SipMessage } from '../../wire/sip-message';
import { uriOf } from '../../wire/sip-uri';
import { routesBehind } from './forks';

/*
 * A 2xx of a fork, when another has answered before: the caller is in one call. The fork gets its ACK, for it would repeat
 * the 2xx, and a BYE (RFC 3261 §13.2.2.4). drachtio-server repeats the ACK for the first one instead, and tells the app nothing
 * [06k2].
 */

/**
 * ACK and BYE to a 2xx of the core, without the relay's Via. `undefined` if the 2xx says not where to.
 *
 * @param relay host and port of the relay, as it stands in its Record-Route
 */
export function refusalOf(
  invite: SipMessage,
  answer: SipMessage,
  relay: string,
): { ack: SipMessage; bye: SipMessage } | undefined {
  const target = uriOf(answer.values('contact')[0] ?? '');
  const cseq = invite.cseq?.number;
  const routes = routesBehind(relay, answer);
  if (target === '' || cseq === undefined) return undefined;
  const request = (method: string, number: number) => {
    const message = new SipMessage(`${method} ${target} SIP/2.0`);
    for (const route of routes) message.add('Route', route);
    return message
      .add('Max-Forwards', '70')
      .add('From', invite.get('from') ?? '')
      .add('To', answer.get('to') ?? '')
      .add('Call-ID', invite.callId)
      .add('CSeq', `${number} ${method}`);
  };
  return { ack: request('ACK', cseq), bye: request('BYE', cseq + 1) };
}
