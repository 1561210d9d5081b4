import { randomUUID } from 'node:crypto';
import type { AppConnection } from './app-connection';
import type { ServerDialog } from './server-dialog';
import type { PeerFlow } from './peer-flow';
import type { Received } from './received-message';
import { parseRAck } from './reliable-provisionals';
import type { ServerTransaction } from './server-transaction';
import { hangUp } from './server-bye';
import { endDialog, type Stack } from './stack';
import { targetRefresh } from '../wire/dialog-request';

/** Requests of the peer inside a dialog (RFC 3261 §12.2.2), brought to the app that owns it. */
export class Dialogs {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  ack(dialog: ServerDialog, received: Received, flow: PeerFlow): void {
    const { owner } = dialog;
    const cseq = received.message.cseq?.number ?? 0;
    const invite = dialog.awaitingAck.get(cseq);
    dialog.awaitingAck.delete(cseq);
    const isFirst = invite?.requestTag === '' && invite.state === 'answered';
    invite?.acknowledged();
    const txn = isFirst ? invite.txn : randomUUID();
    owner?.sip(received.text, flow, { txn, dialogId: dialog.id, bytes: received.bytes, protocol: '' });
  }

  request(dialog: ServerDialog, owner: AppConnection, transaction: ServerTransaction, received: Received): void {
    const { message } = received;
    const { flow } = transaction;
    transaction.owner = owner;
    transaction.dialog = dialog;
    transaction.chooseTag(dialog.localTag);
    let txn: string = transaction.txn;
    switch (transaction.method) {
      case 'BYE':
        if (!this.#bye(dialog, transaction)) return;
        break;
      case 'PRACK':
        if (!this.#prack(dialog, transaction, received)) return;
        owner.sip(received.text, flow, { txn, dialogId: dialog.id, bytes: received.bytes });
        dialog.invite?.reliable?.next();
        return;
      case 'UPDATE':
        if (dialog.role === 'uas' && !dialog.isConfirmed && dialog.invite) {
          if (dialog.earlyUpdate?.state === 'proceeding') {
            transaction.reject(500, 'Overlapping Requests', { 'Retry-After': '1' });
            return;
          }
          // drachtio-server names it by the transaction of the INVITE.
          dialog.earlyUpdate = transaction;
          txn = dialog.invite.txn;
        }
        break;
    }
    if (targetRefresh.has(transaction.method)) dialog.refresh(message.fromTag ?? '', message, flow);
    dialog.unanswered.add(transaction);
    owner.sip(received.text, flow, { txn, dialogId: dialog.id, bytes: received.bytes });
  }

  /** The INVITE that would have confirmed a dialog has failed. */
  inviteFailed(dialog: ServerDialog, hadAnswered: boolean): void {
    dialog.invite?.reliable?.stop();
    if (dialog.invite?.requestTag !== '') {
      dialog.invite = undefined;
      return;
    }
    // The app believes that it has answered: to it the call is up, and has to end.
    if (hadAnswered) hangUp(this.#stack, dialog, 'ended before it was answered');
    else endDialog(this.#stack, dialog);
  }

  #bye(dialog: ServerDialog, bye: ServerTransaction): boolean {
    const { invite } = dialog;
    if (dialog.role === 'uas' && !dialog.isConfirmed && invite?.state === 'proceeding') {
      // As drachtio-server; the app learns of it when it answers.
      bye.reject(481, 'Call/Transaction Does Not Exist');
      invite.reject(500, 'Internal Server Error');
      this.inviteFailed(dialog, invite.isAnswerHeld);
      return false;
    }
    endDialog(this.#stack, dialog);
    this.#stack.timers.after(this.#stack.timers.times.transaction, () => {
      if (bye.state === 'proceeding') bye.reject(500, 'Internal Server Error');
    });
    return true;
  }

  /** Whether the app is to see and answer it. */
  #prack(dialog: ServerDialog, prack: ServerTransaction, { message }: Received): boolean {
    const reliable = dialog.invite?.reliable;
    if (!reliable?.isWaiting) return true;
    if (!reliable.acknowledge(parseRAck(message.get('rack')))) {
      prack.reject(481, 'Call/Transaction Does Not Exist');
      return false;
    }
    if (dialog.invite?.request.hasOption('require', '100rel') !== true) return true;
    prack.reject(200, 'OK');
    reliable.next();
    return false;
  }
}
