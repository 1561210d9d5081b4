import { randomBytes } from 'node:crypto';
import { tagOf } from '../wire/sip-uri';
import { SipMessage } from '../wire/sip-message';

/** An answer that the SIP server has no part in. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const badRequest: Answer = { status: 400, reason: 'Bad Request' };
export const serverDown: Answer = {
  status: 503,
  reason: 'Service Unavailable',
  headers: { 'Retry-After': '10' },
};

const notAllowed: Answer = {
  status: 405,
  reason: 'Method Not Allowed',
  headers: {
    Allow: 'INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, MESSAGE, NOTIFY, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE',
  },
};
const noSuchDialog: Answer = { status: 481, reason: 'Call/Transaction Does Not Exist' };

/** What drachtio-server answers itself or gives to the app, inside and outside of dialogs. */
const served = new Set([
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'NOTIFY',
  'OPTIONS',
  'PUBLISH',
  'REGISTER',
  'SUBSCRIBE',
]);

/**
 * The answer to a request that drachtio-server would drop without a word: outside of a dialog REFER, PRACK and all
 * methods that it does not know. `isInCall`: its Call-ID is that of a call.
 */
export function answerInPlaceOfSilence(request: SipMessage, isInCall: boolean): Answer | undefined {
  if (served.has(request.method)) return undefined;
  const isInDialog = tagOf(request.get('to')) !== undefined;
  if (isInDialog) return isInCall ? undefined : noSuchDialog;
  return request.method === 'PRACK' ? noSuchDialog : notAllowed;
}

/** The response to a request; `undefined` where it gets none: an ACK, or one without a Via to answer to. */
export function responseTo(request: SipMessage, { status, reason, headers = {} }: Answer): SipMessage | undefined {
  if (request.method === 'ACK' || !request.topVia) return undefined;
  const response = new SipMessage(`SIP/2.0 ${status} ${reason}`);
  for (const { key, name, value } of request.headers) {
    if (key === 'to' && tagOf(value) === undefined) {
      response.add(name, `${value};tag=${randomBytes(6).toString('hex')}`);
    } else if (['via', 'from', 'to', 'call-id', 'cseq'].includes(key)) response.add(name, value);
  }
  for (const [name, value] of Object.entries(headers)) response.add(name, value);
  return response;
}
