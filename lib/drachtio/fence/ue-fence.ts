import { InviteTransactions } from './invite-transactions';
import { answerInPlaceOfSilence, foreignCall, noSuchDialog } from './own-answers';
import { RefreshedTargets } from './refreshed-targets';
import { askForReliability } from './required-reliability';
import { silenceMs, SilentUe } from './silent-ends';
import { UnansweredInvites } from './unanswered-invites';
import { answerToUnusable } from './unusable-uris';
import type { OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';
import type { CallOwners } from './call-owners';
import { beginsCall } from './dialog-makers';
import { UeDialogs, type EstablishedDialog } from './ue-dialogs';

export interface UeFenceOptions {
  readonly limits: {
    /** Calls and dialogs that are remembered. */
    readonly calls: number;
    /** Bytes of NOTIFYs that wait for their dialog. */
    readonly heldBytes: number;
    /** Bytes that are held of INVITEs without a final response; over it, the oldest is cancelled. */
    readonly unansweredBytes: number;
    /** ms in which a reliable provisional response has to be acknowledged. */
    readonly acknowledgement: number;
  };
  readonly owners: CallOwners;
  /** Sends to the SIP server, as it is. */
  send(text: string): void;
  /** Passes a request that was held on to the SIP server. */
  pass(request: SipMessage): void;
  /** Answers one that was held in vain. */
  refuse(request: SipMessage, answer: OwnResponse): void;
  /** The branch that a request of the UE has at the server. */
  branchOf(request: SipMessage): string;
  /** Whether an INVITE still waits for the server that this CANCEL, or ACK of a refusal, belongs to. */
  isOfWaiting(request: SipMessage): boolean;
  /** A call has ended. */
  callEnded(): void;
}

/**
 * Keeps from drachtio-server what one UE could end it by, or what it would not answer: knows the UE's calls, dialogs and
 * transactions there. Requests and responses are those that the server sees, unless it is said.
 */
export class UeFence {
  readonly #options: UeFenceOptions;
  /** Call-IDs of calls that were begun here, the latest last. */
  readonly #calls = new Set<string>();
  readonly #unanswered: UnansweredInvites;
  readonly #invites: InviteTransactions;
  readonly #asked: SilentUe;
  readonly #dialogs: UeDialogs;
  readonly #targets: RefreshedTargets;

  constructor(options: UeFenceOptions) {
    this.#options = options;
    const { limits, owners } = options;
    const send = (text: string) => options.send(text);
    this.#dialogs = new UeDialogs({
      limit: limits.calls,
      heldBytes: limits.heldBytes,
      send: (request) => options.pass(request),
      refuse: (request, answer) => options.refuse(request, answer),
      begun: (callId) => owners.claim(callId, this),
      forgotten: (callId) => {
        if (!this.#calls.has(callId)) owners.release(callId, this);
      },
    });
    this.#targets = new RefreshedTargets(limits.calls);
    this.#invites = new InviteTransactions(limits.calls);
    this.#asked = new SilentUe({ within: silenceMs, most: limits.calls, send });
    this.#unanswered = new UnansweredInvites({
      limit: limits.calls,
      limitBytes: limits.unansweredBytes,
      acknowledgedWithin: limits.acknowledgement,
      send,
    });
  }

  /** Whether the call with this Call-ID was begun on this connection. */
  isCall(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** Whether a call that was answered is left. */
  get hasAnsweredCall(): boolean {
    return [...this.#calls].some((callId) => this.#dialogs.isEstablished(callId));
  }

  /** Whether the server has answered all that the UE left unfinished. */
  get isDone(): boolean {
    return this.#unanswered.size === 0;
  }

  /** The answer to a request, as the UE sent it, that the server is not to see or would not answer. */
  refusal(request: SipMessage): OwnResponse | undefined {
    const { callId, method } = request;
    const isInDialog = request.toTag !== undefined;
    // The server would find the call by its Call-ID alone; an INVITE without a To tag is a fork.
    if ((isInDialog || method !== 'INVITE') && this.#options.owners.isOfAnother(callId, this)) return foreignCall;
    if ((method === 'ACK' || method === 'CANCEL') && this.#isOfInvite(request)) return undefined;
    if (method === 'CANCEL') return noSuchDialog;
    return (
      this.#unanswered.refusal(request) ??
      answerToUnusable(request) ??
      answerInPlaceOfSilence(request, this.#calls.has(callId)) ??
      this.#dialogs.refusal(request)
    );
  }

  /** Keeps a request that was not refused back until its dialog is confirmed; false: it can go on now. */
  hold(request: SipMessage): boolean {
    return this.#dialogs.hold(request);
  }

  /** Takes note of a call that a request begins, in whichever way it goes. */
  noteCall(request: SipMessage): void {
    if (!beginsCall(request)) return;
    const callId = detached(request.callId);
    this.#calls.delete(callId);
    this.#calls.add(callId);
    this.#options.owners.claim(callId, this);
    const [oldest] = this.#calls;
    if (this.#calls.size <= this.#options.limits.calls || oldest === undefined) return;
    this.#unanswered.cancel(oldest);
    this.#forgetCall(oldest);
  }

  requestToServer(request: SipMessage): void {
    askForReliability(request);
    this.#targets.requestToServer(request);
    this.#unanswered.request(request);
    this.#invites.request(request);
    this.#dialogs.requestFromUe(request);
    this.#noteEnd(request);
  }

  /** False: it must not pass. */
  responseToServer(response: SipMessage): boolean {
    if (!this.#dialogs.responseFromUe(response)) return false;
    this.#asked.response(response);
    return true;
  }

  requestFromServer(request: SipMessage): void {
    this.#asked.request(request);
    this.noteCall(request);
    this.#dialogs.requestFromServer(request);
    this.#noteEnd(request);
    const target = this.#targets.of(request);
    if (target !== undefined) request.requestUri = target;
  }

  /** False: it must not pass. */
  responseFromServer(response: SipMessage): boolean {
    const isReliable = this.#unanswered.response(response);
    this.#invites.response(response);
    if (!isReliable || this.#options.owners.isOf(response.callId, this)) return true;
    // A BYE of the connection that the call is known as the one of would get to the server.
    this.#unanswered.cancel(response.callId);
    return false;
  }

  /** A response, as the UE sees it, that does pass; it may be changed. */
  responseToUe(response: SipMessage): void {
    this.#dialogs.responseFromServer(response);
  }

  /** The app got the UE's answer that made this dialog. */
  established(dialog: EstablishedDialog): void {
    this.#dialogs.established(dialog);
  }

  /** The server has left an INVITE unanswered. */
  cancel(callId: string): void {
    this.#unanswered.cancel(callId);
  }

  /** The UE is gone: what it left unfinished ends. */
  ueGone(): void {
    this.#unanswered.cancel();
    this.#asked.close();
  }

  /** So is the server. */
  close(): void {
    this.#unanswered.close();
    this.#dialogs.close();
    this.#asked.close();
    for (const callId of this.#calls) this.#options.owners.release(callId, this);
  }

  /** Whether there is an INVITE that a CANCEL, or the ACK of a refusal, belongs to. */
  #isOfInvite(request: SipMessage): boolean {
    return this.#options.isOfWaiting(request) || this.#invites.has(request, this.#options.branchOf(request));
  }

  /** The last that a call has is an ACK to a refusal, or a BYE. */
  #noteEnd({ method, callId }: SipMessage): void {
    if ((method === 'ACK' || method === 'BYE') && !this.#dialogs.has(callId)) this.#forgetCall(callId);
  }

  #forgetCall(callId: string): void {
    if (!this.#calls.delete(callId)) return;
    this.#options.owners.release(callId, this);
    this.#options.callEnded();
  }
}
