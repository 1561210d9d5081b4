import { SipMessage } from '../wire/sip-message';
import { tagOf } from '../wire/sip-uri';

const reasons = {
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
} as const;

export type AnswerStatus = keyof typeof reasons;

/** A response of the relay's own to a request (RFC 3261 §8.2.6). */
export function answerTo(request: SipMessage, status: AnswerStatus, tag: string): SipMessage {
  const answer = new SipMessage(`SIP/2.0 ${status} ${reasons[status]}`);
  for (const { key, name, value } of request.headers) {
    if (key === 'via' || key === 'from' || key === 'call-id' || key === 'cseq') answer.add(name, value);
    else if (key === 'to') answer.add(name, tagOf(value) === undefined ? `${value};tag=${tag}` : value);
  }
  return answer;
}
