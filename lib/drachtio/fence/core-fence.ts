import { answerInPlaceOfSilence, bearableEarly, tooEarly } from './own-answers';
import { acknowledgementMs, UnansweredInvites } from './unanswered-invites';
import { answerToUnusable } from './unusable-uris';
import { beginsDialog } from './dialog-makers';
import type { OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';

/** A dialog that the server does not hold as established. */
interface EarlyDialog {
  readonly callId: string;
  readonly isOfCore: boolean;
  /** The INVITE of the server has its 2xx, whose ACK is to come. */
  isAnswered: boolean;
  /** Time until which the server's transaction may last, whatever the core has answered. */
  readonly until: number;
}

export interface CoreFenceOptions {
  /** `branches`: requests that begin a dialog and have no final response. `unanswered`: ms that they wait for it. */
  limits: { readonly branches: number; readonly branchBytes: number; readonly unanswered: number };
  /** A clock in ms. */
  now(): number;
  /** Sends a CANCEL to the SIP server, the way that the INVITE with this branch went. */
  cancel(text: string, branch: string): void;
}

/**
 * Keeps from drachtio-server 0.9.10 what the core, or a far end behind it, could end it by; for UEs `UeDialogs` and
 * `UnansweredInvites` do so. A dialog is early here until the server itself shows that it is not: the core's answers prove
 * nothing, for the server may find fault with any of their headers. Unlike there, requests in an unknown dialog pass: it is
 * not early any more.
 *
 * Call-IDs and messages are those of the SIP server.
 */
export class CoreFence {
  readonly #options: CoreFenceOptions;
  readonly #unanswered: UnansweredInvites;
  /** By the branch of the relay's Via, the oldest first. */
  readonly #early = new Map<string, EarlyDialog>();
  /** By Call-ID: their branches, and the server's tags in forks of them that it has answered with 2xx. */
  readonly #calls = new Map<string, { readonly branches: Set<string>; readonly established: Set<string> }>();

  constructor(options: CoreFenceOptions) {
    const { branches: limit, branchBytes: limitBytes } = options.limits;
    const send = (text: string, branch: string) => options.cancel(text, branch);
    this.#options = options;
    this.#unanswered = new UnansweredInvites({ limit, limitBytes, acknowledgedWithin: acknowledgementMs, send });
  }

  /** The answer to a request of the core that the server must not see; an ACK among them is to be dropped. */
  refusal(request: SipMessage): OwnResponse | undefined {
    return this.#unanswered.refusal(request) ?? answerToUnusable(request) ?? answerInPlaceOfSilence(request, true);
  }

  /** The same for a request inside a dialog that is not established yet. */
  refusalOfEarly(request: SipMessage): OwnResponse | undefined {
    return this.#isEarly(request) ? tooEarly : undefined;
  }

  /** Takes note of a request as it goes to the server. */
  requestToServer(branch: string, request: SipMessage): void {
    this.#unanswered.request(request);
    this.#begin(branch, request, true);
  }

  /** Takes note of a request of the server as it goes to the core. */
  requestToCore(branch: string, request: SipMessage): void {
    // The server has acknowledged a 2xx.
    if (request.method === 'ACK') this.#established(request.callId, ({ isAnswered }) => isAnswered);
    else this.#begin(branch, request, false);
  }

  /** Takes note of a response of the server, with the relay's Via on top. */
  responseToCore(branch: string, response: SipMessage): void {
    this.#unanswered.response(response);
    if (response.status < 200) return;
    const tag = response.toTag;
    if (response.status < 300 && tag !== undefined) this.#calls.get(response.callId)?.established.add(detached(tag));
    this.#forget(branch);
  }

  /**
   * Takes note of a response of the core to the request with this branch, be it the first or one that has its final
   * response. False: it must not pass, for by a late 180 an established dialog would be an early one to the server.
   */
  responseToServer(branch: string, { status, cseq }: SipMessage, isFinal: boolean): boolean {
    const early = this.#early.get(branch);
    if (isFinal && (status < 200 || (status >= 300 && early?.isAnswered === true))) return false;
    if (early && cseq?.method === 'INVITE' && status >= 200 && status < 300) early.isAnswered = true;
    return true;
  }

  /**
   * Whether a CANCEL of the core, or an ACK by the branch of its INVITE, may go on: the server gives one that does not fit
   * its INVITE to the dialog, as `InviteTransactions` says.
   */
  isOfInvite(request: SipMessage, invite: SipMessage, isFinal: boolean): boolean {
    const isSame = request.cseq?.number === invite.cseq?.number && request.callId === invite.callId;
    const isOfSender = request.fromTag === invite.fromTag;
    return isSame && isOfSender && isFinal === (request.method === 'ACK');
  }

  /** The server has acknowledged a final response other than 2xx to its INVITE. */
  refusalAcknowledged(branch: string): void {
    if (this.#early.get(branch)?.isOfCore === false) this.#forget(branch);
  }

  /** The server holds the dialog of its SUBSCRIBE with this Call-ID as established. */
  subscribed(callId: string): void {
    this.#established(callId, ({ isOfCore }) => !isOfCore);
  }

  /** Forgets what is over without an answer. */
  sweep(isOpen: (branch: string) => boolean): void {
    for (const [branch, { until }] of this.#early)
      if (until <= this.#options.now() && !isOpen(branch)) this.#forget(branch);
  }

  /** Cancels nothing any more. */
  close(): void {
    this.#unanswered.close();
  }

  /** By the Call-ID alone, as the server finds a dialog: to it, a request without a To tag may be inside of one, too [08m]. */
  #isEarly(request: SipMessage): boolean {
    const { method, callId } = request;
    const tag = request.toTag;
    // Another INVITE may be another fork of it.
    if (bearableEarly.has(method) || (method === 'INVITE' && tag === undefined)) return false;
    const call = this.#calls.get(callId);
    return call !== undefined && (tag === undefined || !call.established.has(tag));
  }

  #begin(branch: string, request: SipMessage, isOfCore: boolean): void {
    if (!beginsDialog(request)) return;
    const callId = detached(request.callId);
    const call = this.#calls.get(callId) ?? { branches: new Set<string>(), established: new Set<string>() };
    call.branches.add(branch);
    this.#calls.set(callId, call);
    this.#early.set(branch, {
      callId,
      isOfCore,
      isAnswered: false,
      until: this.#options.now() + this.#options.limits.unanswered,
    });
    const [oldest] = this.#early.keys();
    if (this.#early.size > this.#options.limits.branches && oldest !== undefined) this.#forget(oldest);
  }

  #established(callId: string, isIt: (early: EarlyDialog) => boolean): void {
    for (const branch of [...(this.#calls.get(callId)?.branches ?? [])]) {
      const early = this.#early.get(branch);
      if (early && isIt(early)) this.#forget(branch);
    }
  }

  #forget(branch: string): void {
    const { callId } = this.#early.get(branch) ?? {};
    if (callId === undefined) return;
    this.#early.delete(branch);
    this.#unanswered.forget(branch);
    const call = this.#calls.get(callId);
    call?.branches.delete(branch);
    if (call?.branches.size === 0) this.#calls.delete(callId);
  }
}
