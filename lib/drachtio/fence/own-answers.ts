import type { OwnResponse } from '../../wire/own-response';
import type { SipMessage } from '../../wire/sip-message';
import type { Cut } from '../../wire/stream-framer';
import { hasLongLine } from './long-lines';
import { dropUnreadable } from './readable-headers';

/* Answers that edge80 gives in the SIP server's place. */

export const badRequest: OwnResponse = { status: 400, reason: 'Bad Request' };
const largeBody: OwnResponse = { status: 413, reason: 'Request Entity Too Large' };
const largeHead: OwnResponse = { status: 513, reason: 'Message Too Large' };

/**
 * To a request that cannot be read, or that the SIP server would not take [16a, 16b]; it may lose what nobody can read.
 *
 * drachtio-server 0.9.10 dies half a minute after a request whose Call-ID is empty, if a reliable provisional response is
 * without PRACK then; an empty tag is that of any dialog to it, and of two tags another one counts than to others: all three
 * are malformed (measured).
 */
export function answerToUnsound(
  request: SipMessage,
  malformed: boolean,
  cut: Cut | undefined,
): OwnResponse | undefined {
  if (malformed || cut === 'endless' || request.cseq?.method !== request.method) return badRequest;
  if (cut === 'too-large') return largeBody;
  if (hasLongLine(request)) return largeHead;
  return dropUnreadable(request) ? undefined : badRequest;
}

/** To a request in a call that began on another connection (RFC 5626 §5.3). */
export const foreignCall: OwnResponse = { status: 403, reason: 'Forbidden' };
/** RFC 3261 §14.2, which has it for a re-INVITE; in a moment the same request can be carried. */
export const tooEarly: OwnResponse = { status: 500, reason: 'Dialog Not Established', headers: { 'Retry-After': '1' } };
/**
 * Requests that drachtio-server 0.9.10 bears, or answers itself, in a dialog that has no 2xx yet [04a, 07k, 08q, 08r]. INFO,
 * MESSAGE, SUBSCRIBE, OPTIONS there end its process (measured), as a NOTIFY to a SUBSCRIBE without an answer does.
 */
export const bearableEarly: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE']);
/** To a BYE that went on as a CANCEL. */
export const ended: OwnResponse = { status: 200, reason: 'OK' };

/** What drachtio-server answers itself or gives to the app, inside and outside of dialogs [08l, 09e, 10k]. */
const served = [
  ...['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE'],
  ...['INFO', 'MESSAGE', 'NOTIFY', 'OPTIONS', 'PUBLISH', 'REGISTER', 'SUBSCRIBE'],
];

/** To a REFER outside of dialogs, too, which the server gives to the app in those alone that it has for established [09f]. */
export const notAllowed: OwnResponse = {
  status: 405,
  reason: 'Method Not Allowed',
  headers: { Allow: [...served, 'PRACK'].join(', ') },
};
export const noSuchDialog: OwnResponse = { status: 481, reason: 'Call/Transaction Does Not Exist' };

/**
 * The answer to a request that drachtio-server would drop without a word: outside of a dialog REFER, PRACK and all
 * methods that it does not know [08n, 09e, 09f]. `isInCall`: its Call-ID is that of a call.
 */
export function answerInPlaceOfSilence(request: SipMessage, isInCall: boolean): OwnResponse | undefined {
  if (served.includes(request.method)) return undefined;
  const isInDialog = request.toTag !== undefined;
  if (isInDialog) return isInCall ? undefined : noSuchDialog;
  return request.method === 'PRACK' ? noSuchDialog : notAllowed;
}
