import { FrameRefused, type AppConnection, type AppFrame } from './app-connection';
import { isLastNotify } from '../drachtio/fence/last-notify';
import { cancelOf } from '../wire/cancel';
import { contactUri } from './contact';
import { ServerDialog } from './server-dialog';
import { appHeaders, localise, takeBody } from './header-rules';
import { ReliableProvisionals } from './reliable-provisionals';
import type { ServerTransaction } from './server-transaction';
import { hangUp } from './server-bye';
import { withoutTag } from '../wire/sip-uri';
import type { SipMessage } from '../wire/sip-message';
import { endDialog, type Stack } from './stack';

/** What the edge writes into responses itself, whatever the app gave. */
const ownHeaders = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'require'];

/** Responses of apps to requests that they were given. */
export class AppResponses {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  send({ id, tokens }: AppFrame, app: AppConnection, given: SipMessage): void {
    const [txn = ''] = tokens;
    if (txn === '') {
      app.no(id, 'transaction id missing');
      return;
    }
    const transaction = this.#find(txn, given);
    const isLate = transaction?.state === 'answered';
    const isReady = transaction?.state === 'proceeding' && !transaction.isAnswerHeld;
    if (transaction?.owner !== app || !transaction.flow.isOpen || !(isLate || isReady)) {
      throw new FrameRefused('Response not sent due to unknown transaction');
    }
    // As drachtio-server: nothing is sent, the app is shown the 2xx that was.
    if (isLate) this.#sent(id, app, transaction, transaction.lastResponse ?? '', '');
    else this.#respond(id, app, transaction, given);
  }

  /** An early UPDATE shares the transaction id of its INVITE; the CSeq of the app's frame tells which is meant. */
  #find(txn: string, given: SipMessage): ServerTransaction | undefined {
    const transaction = this.#stack.servers.byTxn(txn);
    const update = transaction?.dialog?.earlyUpdate;
    const isForUpdate = /UPDATE\s*$/i.test(given.get('cseq') ?? '');
    return isForUpdate && update && transaction.method === 'INVITE'
      ? this.#stack.servers.byTxn(update.txn)
      : transaction;
  }

  #respond(id: string, app: AppConnection, transaction: ServerTransaction, given: SipMessage): void {
    const { status } = given;
    if (!(status >= 100 && status <= 699)) throw new FrameRefused('Unknown server error sending response');
    const tag = given.toTag;
    if (tag !== undefined && /^[\w.!%*+`'~-]+$/.test(tag)) transaction.chooseTag(tag);
    const isInvite = transaction.method === 'INVITE';
    const { request } = transaction;
    const isProvisional = status > 100 && status < 200;
    const wantsReliable = given.hasOption('require', '100rel');
    const mustBeReliable = isInvite && transaction.requestTag === '' && request.hasOption('require', '100rel');
    if (isInvite && isProvisional && wantsReliable && !mustBeReliable && !request.hasOption('supported', '100rel')) {
      throw new FrameRefused('Remote endpoint does not support 100rel');
    }
    const isReliable = isInvite && isProvisional && (wantsReliable || mustBeReliable);
    const isSubscribed = transaction.method === 'SUBSCRIBE' && status >= 200 && status < 300;
    if (transaction.requestTag === '' && (isSubscribed || isInvite)) {
      this.#makeDialog(app, transaction, isSubscribed);
    }
    transaction.isTouched = true;
    const response = this.#build(transaction, given, isReliable, wantsReliable);
    if (isReliable) transaction.reliable ??= this.#reliable(transaction);
    const { reliable } = transaction;
    if (reliable?.isWaiting && (isReliable || (status >= 200 && status < 300))) {
      this.#defer(id, app, transaction, response, isReliable);
      return;
    }
    const dialogId = this.#dialogIdFor(transaction);
    const text = isReliable && reliable ? reliable.send(response) : transaction.send(response);
    this.#sent(id, app, transaction, text, dialogId, status);
    this.#follow(transaction, response);
  }

  /** It goes out after the PRACK of what was sent before; the app is told at once. */
  #defer(
    id: string,
    app: AppConnection,
    transaction: ServerTransaction,
    response: SipMessage,
    isReliable: boolean,
  ): void {
    const { reliable } = transaction;
    if (!reliable?.hasRoom) throw new FrameRefused('too many responses wait for a PRACK');
    if (!isReliable) transaction.isAnswerHeld = true;
    reliable.defer(() => {
      transaction.isAnswerHeld = false;
      if (transaction.state !== 'proceeding') return;
      if (isReliable) reliable.send(response);
      else {
        transaction.send(response);
        this.#follow(transaction, response);
      }
    });
    this.#sent(id, app, transaction, response.toString(), this.#dialogIdFor(transaction), response.status);
  }

  #build(transaction: ServerTransaction, given: SipMessage, isReliable: boolean, asked: boolean): SipMessage {
    const { status } = given;
    const { local } = transaction.flow;
    const reason = given.startLine.split(' ').slice(2).join(' ');
    const response = transaction.response(status, reason);
    if (transaction.dialog === undefined && transaction.requestTag === '') {
      const to = given.get('to');
      // The app may word the To of an out-of-dialog answer, localhost included; the tag stays the transaction's.
      if (to !== undefined && status > 100 && /@localhost/i.test(to)) {
        response.set('To', `${withoutTag(localise('to', to, local))};tag=${transaction.toTag}`);
      }
    }
    response.headers.push(...appHeaders(given, local, ownHeaders));
    const forms = transaction.method === 'INVITE' || transaction.method === 'SUBSCRIBE';
    const isSuccess = status >= 200 && status < 300;
    const isRefresh = transaction.requestTag !== '' && status >= 200;
    if (((forms && (isSuccess || isRefresh)) || (isReliable && asked)) && !response.has('contact')) {
      response.add('Contact', `<${contactUri(transaction.flow.local)}>`);
    }
    const options = given.values('require').filter((option) => option.toLowerCase() !== '100rel');
    if (isReliable) options.unshift('100rel');
    if (options.length > 0) response.add('Require', options.join(', '));
    takeBody(response, given);
    return response;
  }

  /** What a response that was sent changes in the dialog. */
  #follow(transaction: ServerTransaction, response: SipMessage): void {
    const { status } = response;
    const { dialog, method, request, flow } = transaction;
    if (status < 200) return;
    const isSuccess = status < 300;
    if (method === 'INVITE' && dialog) {
      if (isSuccess) this.#answered(dialog, transaction);
      else if (transaction.requestTag === '') endDialog(this.#stack, dialog);
      return;
    }
    if (method === 'REGISTER' && isSuccess) this.#stack.registrations.answered(request, response, flow);
    if (dialog?.earlyUpdate === transaction) dialog.earlyUpdate = undefined;
    if (dialog?.method === 'SUBSCRIBE' && isLastNotify(request)) endDialog(this.#stack, dialog);
  }

  #answered(dialog: ServerDialog, invite: ServerTransaction): void {
    dialog.isConfirmed = true;
    if (dialog.invite === invite) dialog.invite = undefined;
    dialog.awaitingAck.set(invite.request.cseq?.number ?? 0, invite);
    if (invite.requestTag !== '') return;
    invite.onUnacknowledged = () => {
      if (!dialog.isOver) hangUp(this.#stack, dialog, 'ACK timeout');
    };
  }

  #reliable(transaction: ServerTransaction): ReliableProvisionals {
    return new ReliableProvisionals(transaction, this.#stack.timers, () => {
      const { dialog, isAnswerHeld, owner } = transaction;
      if (transaction.state !== 'proceeding') return;
      // RFC 3262 §3: no PRACK came, the INVITE is refused with a 5xx.
      const text = transaction.reject(504, 'Server Time-out', { Reason: 'SIP;text="no PRACK"' });
      this.#stack.logger.debug({ txn: transaction.txn }, 'a reliable provisional response was never acknowledged');
      if (dialog && isAnswerHeld) hangUp(this.#stack, dialog, 'no PRACK');
      else {
        if (dialog) endDialog(this.#stack, dialog);
        // A CANCEL as the caller would have sent it: to an app the call ends in the way that it knows.
        const shown = { txn: transaction.txn, dialogId: dialog?.id ?? '', bytes: text.length };
        owner?.sip(cancelOf(transaction.request).toString(), transaction.flow, shown);
      }
    });
  }

  #makeDialog(app: AppConnection, transaction: ServerTransaction, isConfirmed: boolean): void {
    if (transaction.dialog) return;
    const { request, flow } = transaction;
    const dialog = new ServerDialog(request, { role: 'uas', localPoint: flow.local, owner: app }, transaction.toTag);
    dialog.leg = dialog.touch(request.fromTag ?? '', request, flow);
    dialog.callerFlow = flow;
    dialog.isConfirmed = isConfirmed;
    if (!isConfirmed) dialog.invite = transaction;
    transaction.dialog = dialog;
    this.#stack.dialogs.add(dialog);
  }

  #dialogIdFor({ dialog, method, request, requestTag }: ServerTransaction): string {
    const isEarlyUpdate = method === 'UPDATE' && dialog?.isConfirmed === false;
    if (!dialog || method === 'BYE' || isEarlyUpdate) return '';
    return requestTag === '' && request.fromTag === undefined ? `${dialog.callId};from-tag=` : dialog.id;
  }

  #sent(
    id: string,
    app: AppConnection,
    transaction: ServerTransaction,
    text: string,
    dialogId: string,
    status = 0,
  ): void {
    const { flow, method } = transaction;
    // drachtio-server leaves the transport empty for a final response to a non-INVITE request.
    const protocol = method !== 'INVITE' && status >= 200 ? '' : flow.local.transport;
    const update = transaction.dialog?.earlyUpdate === transaction ? transaction.dialog.invite?.txn : undefined;
    app.sentResponse(id, text, flow, { protocol, txn: update ?? transaction.txn, dialogId });
  }
}
