import type { Dialog, Leg } from './dialog';
import type { ClientTransaction } from './client-transaction';
import type { Flow } from './flow';
import { inDialogRequest } from './in-dialog-request';
import { endDialog, type Stack } from './stack';

/** The edge hangs up by itself, and tells the app with an `unsolicited` frame. */
export function hangUp(stack: Stack, dialog: Dialog, why: string): void {
  const { owner } = dialog;
  const bye = dialog.leg && sendBye(stack, dialog, dialog.leg, why);
  if (bye) {
    const { local, remoteAddress, remotePort } = bye.flow;
    const [address, port] = local.transport === 'udp' ? [local.host, local.port] : [remoteAddress, remotePort];
    owner?.sip(bye.text, {
      source: 'application',
      bytes: bye.text.length,
      protocol: local.transport,
      address,
      port,
      txn: 'unsolicited',
      dialogId: dialog.id,
    });
  }
  endDialog(stack, dialog);
}

/** BYE to one leg; the app is not told. */
export function sendBye(stack: Stack, dialog: Dialog, leg: Leg, why: string): ClientTransaction | undefined {
  const bye = inDialogRequest(stack, dialog, leg, 'BYE', dialog.nextCSeq(), connectionOf(dialog, leg));
  bye?.message.add('Reason', `SIP;cause=200;text="${why}"`);
  const ignore = { response: () => undefined, failed: () => undefined };
  const transaction = bye && stack.clients.open(bye.message, bye.flow, ignore);
  transaction?.start();
  return transaction;
}

/** The connection that a caller is on reaches him better than his Contact does, if nothing is in between. */
function connectionOf(dialog: Dialog, leg: Leg): Flow | undefined {
  const { callerFlow } = dialog;
  const stands = callerFlow?.isOpen === true && callerFlow.local.transport === 'tcp';
  return stands && leg.routes.length === 0 ? callerFlow : undefined;
}
