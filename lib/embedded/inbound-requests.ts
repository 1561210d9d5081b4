import type { ServerDialog } from './server-dialog';
import { Dialogs } from './dialog-requests';
import type { PeerFlow } from './peer-flow';
import { newTag } from './ids';
import type { Received } from './received-message';
import type { ServerTransaction } from './server-transaction';
import { responseTo } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import type { Stack } from './stack';

/** Methods of new requests that go to whoever routed them, and get 503 where nobody did. */
const offered = new Set(['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO']);

/** These free what an app that is congested holds. */
const ending = new Set(['BYE', 'PRACK']);

const retryLater = { 'Retry-After': '5' };

/** What happens to the requests that arrive (RFC 3261 §8.2), before and without an app. */
export class InboundRequests {
  readonly #stack: Stack;
  readonly #dialogs: Dialogs;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#dialogs = new Dialogs(stack);
  }

  receive(received: Received, flow: PeerFlow): void {
    const { message, fault } = received;
    const { method } = message;
    if (method === 'ACK') {
      if (!fault) this.#ack(received, flow);
      return;
    }
    if (fault) {
      this.#refuseStateless(message, flow, fault.status, fault.reason);
      return;
    }
    const known = this.#stack.servers.of(message);
    if (known) known.repeated();
    else if (method === 'CANCEL') this.#cancel(received, flow);
    else this.#fresh(received, flow);
  }

  /** An ACK belongs to a refusal of ours, or to a dialog. */
  #ack(received: Received, flow: PeerFlow): void {
    const { message } = received;
    const refused = this.#stack.servers.of(message, 'INVITE');
    if (refused?.state === 'completed' && !refused.isAccepted) {
      refused.acknowledged();
      return;
    }
    const dialog = this.#stack.dialogs.of(message);
    if (dialog) this.#dialogs.ack(dialog, received, flow);
  }

  #cancel(received: Received, flow: PeerFlow): void {
    const { message } = received;
    const invite = this.#stack.servers.of(message, 'INVITE');
    if (!invite || invite.isAccepted) {
      this.#refuseStateless(message, flow, 481, 'Call/Transaction Does Not Exist');
      return;
    }
    const cancel = this.#stack.servers.open(message, flow, received.bytes);
    if (!cancel) return;
    cancel.chooseTag(invite.toTag);
    cancel.reject(200, 'OK');
    if (invite.state !== 'proceeding') return;
    const { dialog, isTouched } = invite;
    const hadAnswered = invite.isAnswerHeld;
    invite.reject(487, 'Request Terminated');
    const owner = invite.owner;
    if (dialog) this.#dialogs.inviteFailed(dialog, hadAnswered);
    // drachtio-server gives the size of the INVITE once the app has answered.
    const bytes = isTouched ? invite.bytes : received.bytes;
    owner?.sip(received.text, flow, { txn: invite.txn, dialogId: dialog?.id ?? '', bytes });
  }

  #fresh(received: Received, flow: PeerFlow): void {
    const { message } = received;
    const { method } = message;
    const dialog = this.#stack.dialogs.of(message);
    const isInitial = message.toTag === undefined;
    if (dialog && !(isInitial && (method === 'INVITE' || method === 'SUBSCRIBE'))) {
      this.#inDialog(dialog, received, flow);
      return;
    }
    const isOffered = offered.has(method) && (isInitial || method !== 'INVITE');
    // As drachtio-server: what cannot begin anything gets no answer.
    if (!offered.has(method) && method !== 'BYE' && method !== 'UPDATE') return;
    if (this.#stack.servers.isMerged(message)) {
      this.#refuseStateless(message, flow, 482, 'Loop Detected');
      return;
    }
    const transaction = this.#open(received, flow);
    if (!transaction) return;
    if (isOffered) this.#offer(transaction, received, flow);
    else transaction.reject(481, 'Call/Transaction Does Not Exist');
  }

  #offer(transaction: ServerTransaction, received: Received, flow: PeerFlow): void {
    const { method } = transaction;
    const app = method === 'INVITE' && this.#stack.dialogs.isFull ? undefined : this.#stack.routes.next(method);
    if (!app || app.isCongested) {
      transaction.reject(503, 'Service Unavailable', app ? retryLater : {});
      return;
    }
    transaction.owner = app;
    this.#expectAnswer(transaction, method === 'INVITE');
    app.sip(received.text, flow, { txn: transaction.txn, dialogId: '', bytes: received.bytes, isInitial: true });
  }

  /** An app that never answers must not leave the caller of an INVITE without a final response for ever. */
  #expectAnswer(transaction: ServerTransaction, isInvite: boolean): void {
    this.#stack.timers.after(this.#stack.timers.times.app, () => {
      if (transaction.isTouched || transaction.state !== 'proceeding') return;
      if (isInvite) transaction.reject(408, 'Request Timeout');
      else transaction.end();
    });
  }

  #inDialog(dialog: ServerDialog, received: Received, flow: PeerFlow): void {
    const { message } = received;
    if (dialog.owner?.isCongested === true && !ending.has(message.method)) {
      this.#refuseStateless(message, flow, 503, 'Service Unavailable', retryLater);
      return;
    }
    const transaction = this.#open(received, flow);
    if (!transaction) return;
    if (!dialog.owner?.isOpen) transaction.reject(481, 'Call/Transaction Does Not Exist');
    else this.#dialogs.request(dialog, dialog.owner, transaction, received);
  }

  #open(received: Received, flow: PeerFlow): ServerTransaction | undefined {
    const transaction = this.#stack.servers.open(received.message, flow, received.bytes);
    if (!transaction) {
      this.#refuseStateless(received.message, flow, 503, 'Service Unavailable', retryLater);
      return undefined;
    }
    if (transaction.method === 'INVITE') transaction.reject(100, 'Trying');
    return transaction;
  }

  /** For what is not worth, or must not cost, a transaction. */
  #refuseStateless(request: SipMessage, flow: PeerFlow, status: number, reason: string, headers = {}): void {
    flow.send(responseTo(request, { status, reason, headers }, newTag()).toString());
  }
}
