import { dialogRequest } from '../../wire/dialog-request';
import type { SipMessage } from '../../wire/sip-message';
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
  const ends = { callId: invite.callId, from: invite.get('from') ?? '', to: answer.get('to') ?? '', target, routes };
  return { ack: dialogRequest(ends, 'ACK', cseq), bye: dialogRequest(ends, 'BYE', cseq + 1) };
}
