import type { Dialog, Leg } from './dialog';
import { inDialogRequest } from './in-dialog-request';
import { endDialog, type Stack } from './stack';

/** The edge hangs up by itself, and tells the app with an `unsolicited` frame. */
export function hangUp(stack: Stack, dialog: Dialog, why: string): void {
  const { owner } = dialog;
  const text = dialog.leg && sendBye(stack, dialog, dialog.leg, why);
  if (text !== undefined) {
    owner?.sip(text, {
      source: 'application',
      bytes: text.length,
      protocol: dialog.localPoint.transport,
      address: dialog.localPoint.host,
      port: dialog.localPoint.port,
      txn: 'unsolicited',
      dialogId: dialog.id,
    });
  }
  endDialog(stack, dialog);
}

/** BYE to one leg; the app is not told. Returns it as sent. */
export function sendBye(stack: Stack, dialog: Dialog, leg: Leg, why: string): string | undefined {
  const bye = inDialogRequest(stack, dialog, leg, 'BYE', dialog.nextCSeq());
  bye?.message.add('Reason', `SIP;cause=200;text="${why}"`);
  const ignore = { response: () => undefined, failed: () => undefined };
  const transaction = bye && stack.clients.open(bye.message, bye.flow, ignore);
  transaction?.start();
  return transaction?.text;
}
