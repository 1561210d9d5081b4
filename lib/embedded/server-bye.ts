import type { ServerDialog, FarEnd } from './server-dialog';
import type { ClientTransaction } from './client-transaction';
import type { PeerFlow } from './peer-flow';
import { hopOf, inDialogRequest } from './in-dialog-request';
import { endDialog, type Stack } from './stack';

/** The edge hangs up by itself, and tells the app with an `unsolicited` frame. */
export function hangUp(stack: Stack, dialog: ServerDialog, why: string): void {
  const { owner } = dialog;
  const tell = (bye: ClientTransaction) => owner?.unsolicited(bye.text, bye.flow, dialog.id);
  if (dialog.leg) sendBye(stack, dialog, dialog.leg, why, tell);
  endDialog(stack, dialog);
}

/** BYE to one leg. `sent` is told of it; where its way has to be looked up, that is later. */
export function sendBye(
  stack: Stack,
  dialog: ServerDialog,
  leg: FarEnd,
  why: string,
  sent: (bye: ClientTransaction) => void = () => undefined,
): void {
  const cseq = dialog.nextCSeq();
  const send = () => {
    const bye = inDialogRequest(stack, dialog, leg, 'BYE', cseq, connectionOf(dialog, leg));
    bye?.message.add('Reason', `SIP;cause=200;text="${why}"`);
    const transaction = bye && stack.clients.send(bye.message, bye.flow);
    if (transaction) sent(transaction);
  };
  const hop = hopOf(dialog, leg);
  if (hop && !connectionOf(dialog, leg)) stack.names.resolve(hop.host, send);
  else send();
}

/** The connection that a caller is on reaches him better than his Contact does, if nothing is in between. */
function connectionOf(dialog: ServerDialog, leg: FarEnd): PeerFlow | undefined {
  const { callerFlow } = dialog;
  const stands = callerFlow?.isOpen === true && callerFlow.local.transport === 'tcp';
  return stands && leg.routes.length === 0 ? callerFlow : undefined;
}
