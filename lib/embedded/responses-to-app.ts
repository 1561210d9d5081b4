import { FrameRefused, type AppConnection } from './app-connection';
import type { ClientEvents, ClientTransaction } from './client-transaction';
import type { Answer, ServerDialog } from './server-dialog';
import type { PeerFlow } from './peer-flow';
import { inDialogRequest } from './in-dialog-request';
import { sendBye } from './server-bye';
import { isLastNotify } from '../drachtio/fence/last-notify';
import { responseTo } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import { endDialog, type Stack } from './stack';

const failures = { 408: 'Request Timeout', 410: 'Gone', 503: 'Service Unavailable' } as const;

/** A request of an app, and where it goes. */
export interface AppRequest {
  readonly request: SipMessage;
  readonly flow: PeerFlow;
  /** Of the request, or that it is to begin. */
  readonly dialog: ServerDialog | undefined;
  /** Whether the flow is the remembered connection of a registration. */
  readonly isRegistered?: boolean;
}

/** Sends the requests of apps, and brings them the responses; what these change in the dialog. */
export class ResponsesToApp {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** `id`: of the app's frame. Throws FrameRefused where there are too many. */
  send(id: string, app: AppConnection, { request, flow, dialog, isRegistered }: AppRequest): void {
    const show = (response: SipMessage, sent: ClientTransaction, from: PeerFlow | undefined, bytes: number) => {
      const shown = { txn: sent.txn, dialogId: dialog?.id ?? '', bytes, protocol: flow.local.transport };
      app.sip(response.raw ?? response.toString(), from, shown);
      if (dialog && response.status >= 200) this.#settle(dialog, sent, response.status);
    };
    const events: ClientEvents = {
      response: (response, from, bytes, sent) => {
        if (!dialog || this.#isForApp(dialog, sent, response, from)) show(response, sent, from, bytes);
      },
      // The app gets one of ours.
      failed: (status, sent) => show(responseTo(request, { status, reason: failures[status] }, ''), sent, undefined, 0),
    };
    const transaction = this.#stack.clients.open(request, flow, events, isRegistered);
    if (!transaction) throw new FrameRefused('too many transactions');
    if (request.method === 'INVITE') dialog?.inviting.add(transaction);
    transaction.start();
    app.sentRequest(id, transaction.text, flow, transaction.txn);
  }

  /** Keeps the dialog up to date; repeats and what arrives out of order are not for the app. */
  #isForApp(dialog: ServerDialog, transaction: ClientTransaction, response: SipMessage, flow: PeerFlow): boolean {
    const { status } = response;
    const isInvite = transaction.method === 'INVITE';
    const makes = isInvite || (transaction.method === 'SUBSCRIBE' && !dialog.isConfirmed);
    const tag = response.toTag;
    if (!makes || tag === undefined || status >= 300) {
      if (transaction.method === 'UPDATE' && status < 300) dialog.refresh(tag ?? '', response, flow);
      return true;
    }
    if (isInvite && status >= 200) return this.#isNewAnswer(dialog, transaction, response, tag, flow);
    const rseq = response.hasOption('require', '100rel') ? Number(response.get('rseq')) : Number.NaN;
    const leg = dialog.touch(tag, response, flow);
    if (!leg) return false;
    if (!dialog.isConfirmed) {
      dialog.leg = leg;
      this.#remember(dialog);
    }
    if (status >= 200) dialog.isConfirmed = true;
    if (Number.isNaN(rseq)) return true;
    // RFC 3262 §4: in order, each once.
    if (leg.rseq !== 0 && rseq !== leg.rseq + 1) return false;
    leg.rseq = rseq;
    dialog.unpracked.push({ leg, rseq });
    return true;
  }

  /** A 2xx to an INVITE: new, a repeat, or from a fork that comes second. */
  #isNewAnswer(
    dialog: ServerDialog,
    transaction: ClientTransaction,
    response: SipMessage,
    tag: string,
    flow: PeerFlow,
  ): boolean {
    const cseq = transaction.request.cseq?.number ?? 0;
    const earlier = dialog.answers.find((answer) => answer.cseq === cseq && answer.leg.tag === tag);
    if (earlier) {
      if (earlier.ack) earlier.ack.flow.send(earlier.ack.text);
      return false;
    }
    const isFirst = !dialog.answers.some((answer) => answer.cseq === cseq);
    const leg = dialog.touch(tag, response, flow);
    if (!leg) return false;
    const answer: Answer = { leg, cseq, transaction, ack: undefined };
    dialog.answers.push(answer);
    if (dialog.answers.length > 8) dialog.answers.shift();
    if (isFirst) {
      dialog.leg = leg;
      dialog.isConfirmed = true;
      this.#remember(dialog);
      return true;
    }
    this.#release(dialog, answer);
    return false;
  }

  /** RFC 3261 §13.2.2.4: a second fork that answered is acknowledged and hung up. */
  #release(dialog: ServerDialog, answer: Answer): void {
    const ack = inDialogRequest(this.#stack, dialog, answer.leg, 'ACK', answer.cseq);
    if (!ack) return;
    answer.ack = { text: ack.message.toString(), flow: ack.flow };
    ack.flow.send(answer.ack.text);
    sendBye(this.#stack, dialog, answer.leg, 'another fork has answered');
  }

  #remember(dialog: ServerDialog): void {
    if (!dialog.isOver && this.#stack.dialogs.byId(dialog.id) !== dialog) this.#stack.dialogs.add(dialog);
  }

  #settle(dialog: ServerDialog, transaction: ClientTransaction, status: number): void {
    const { method } = transaction;
    dialog.inviting.delete(transaction);
    const failed = status >= 300;
    if (failed && !dialog.isConfirmed && (method === 'INVITE' || method === 'SUBSCRIBE')) {
      endDialog(this.#stack, dialog);
    }
    // A challenged BYE is sent again with credentials.
    if (method === 'BYE' && status !== 401 && status !== 407) endDialog(this.#stack, dialog);
    if (dialog.method === 'SUBSCRIBE' && isLastNotify(transaction.request)) endDialog(this.#stack, dialog);
  }
}
