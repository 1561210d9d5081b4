import type { Dialog, IncomingRequest } from '../drachtio/messages';
import type { FinalResponse, RequestOptions } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { CallLegs, SendInDialog } from './call-legs';

/**
 * Sends an offer in a dialog. Rejects with `sip-timeout` (408) where the far end lets a re-INVITE ring too long. It is
 * cancelled then, but not waited for: the SIP server may refuse to.
 */
export async function sendOffer(
  legs: CallLegs,
  send: SendInDialog,
  options: RequestOptions,
  withdrawn: AbortSignal,
): Promise<FinalResponse> {
  let cancel: () => void = () => undefined;
  const sending = send(options, (sent) => {
    cancel = () => sent.cancel({}, () => undefined);
    if (withdrawn.aborted) cancel();
  });
  const withdraw = () => cancel();
  withdrawn.addEventListener('abort', withdraw);
  let stop: () => void = () => undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    stop = legs.timer(legs.edge.timers.ringing, () => {
      reject(new EdgeError('sip-timeout', 'The far end did not answer a re-INVITE in time.'));
      cancel();
      sending.then((late) => tooLate(legs, late)).catch(() => undefined);
    });
  });
  try {
    return await Promise.race([sending, overdue]);
  } finally {
    stop();
    withdrawn.removeEventListener('abort', withdraw);
  }
}

/** A far end that takes a change after all has another view of the session than its sender: the call ends. */
function tooLate(legs: CallLegs, { response, acknowledge }: FinalResponse): void {
  if (response.status >= 300 || legs.call.ended) return;
  acknowledge?.();
  legs.end('dialog-lost');
}

/** The ACK to the 200 of a re-INVITE. The server neither repeats that 200 nor minds if no ACK comes. */
export async function acknowledged(legs: CallLegs, dialog: Dialog): Promise<IncomingRequest> {
  return await new Promise((resolve, reject) => {
    const { call, edge } = legs;
    const stop = legs.timer(edge.timers.ack, () => legs.end('not-acknowledged'));
    const forget = call.onEnd(() => reject(new EdgeError('call-ended', 'The call ended before the ACK.')));
    dialog.once('ack', (ack) => {
      stop();
      forget();
      resolve(ack);
    });
  });
}
