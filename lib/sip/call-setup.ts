import type {
  Acknowledge,
  Headers,
  IncomingRequest,
  IncomingResponse,
  ResponseSender,
  SentRequest,
} from '../drachtio/messages';
import { hasSafeTarget } from '../drachtio/dialog-target';
import { shortestInterval } from '../drachtio/fence/session-timer';
import { refusalPastServer } from '../drachtio/past-server';
import { isAnswered } from '../drachtio/refusals';
import { serverContact } from '../drachtio/server-contact';
import { EdgeError } from '../errors';
import type { CallSession } from './call-session';
import { calleeRefusal } from './callee-refusal';
import { earlyCaller } from './early-caller';
import { farewellToCallee, farewellToCaller } from './farewells';
import { hasOption, inviteHeaders, requiresOption, responseHeaders } from './header-policy';
import { cameByRelay } from './relayed';
import { OutgoingInvite } from './outgoing-invite';
import { ReliableProvisional } from './reliable-provisional';
import { granted, isTooShort, sessionExpires, taken, withAsked, withGranted } from './session-expires';
import { anchored, sessionBody, type SessionBody } from './session-body';
import type { Target } from './target';
import { unavailable, type FinalStatus } from './final-status';

/**
 * The INVITE that starts a call, from its arrival to its answer, as a B2BUA: the offer may stand in the
 * INVITE or in the 200 (RFC 3261 §13.2.1).
 */
export class CallSetup {
  readonly #session: CallSession;
  readonly #request: IncomingRequest;
  readonly #asked: SessionBody;
  readonly #response: ResponseSender;
  readonly #onSettled: () => void;
  readonly #outgoing: OutgoingInvite;
  /** Set while the callee waits for the ACK that carries the answer. */
  #oweAck: Acknowledge | undefined;
  /** Responses of the callee that are being dealt with, one after the other. */
  #inOrder: Promise<void> = Promise.resolve();
  /** What the caller's next PRACK is for. */
  provisional: ReliableProvisional | undefined;
  #sawProvisional = false;
  #cancelled = false;
  /** The SDP last sent to the caller in a provisional response. */
  #earlySdp = '';

  /** `onSettled` runs once, when the call has ended and its INVITE has its final response. */
  constructor(
    session: CallSession,
    { request, response }: { request: IncomingRequest; response: ResponseSender },
    target: Target,
    onSettled: () => void,
  ) {
    this.#onSettled = onSettled;
    this.#session = session;
    this.#request = request;
    this.#asked = sessionBody(request);
    this.#response = response;
    this.#outgoing = new OutgoingInvite(session, target);
  }

  start(): void {
    const { call, caller, callee } = this.#session;
    call.witness.sip(caller, 'received', this.#request.raw);
    this.#request.on('cancel', (cancel) => {
      this.#cancelled = true;
      call.witness.sip(caller, 'received', cancel.raw);
      this.provisional?.cancelled();
      const reason = cancel.get('reason');
      this.#session.end('cancelled', reason === undefined ? {} : { reason });
    });
    this.#request.on('update', (update, response) => void this.#session.changes.change(caller, update, response));
    call.onEnd(() => this.#ended());
    this.#session.headers.learnContact(caller, serverContact(this.#request));
    this.#session.parties = {
      [caller]: this.#request.getParsedHeader('from').uri,
      [callee]: this.#request.getParsedHeader('to').uri,
    };
    if (isTooShort(this.#request)) {
      this.#session.end('rejected', { final: { status: 422, headers: { 'Min-SE': String(shortestInterval) } } });
      return;
    }
    this.#session.step(async () => {
      const { sdp, with: having } = this.#asked;
      const content = having(sdp && (await call.media.offer(caller, sdp)));
      await this.#outgoing.send(this.#inviteHeaders(), content, (sent, received, acknowledge) =>
        this.#received(sent, received, acknowledge),
      );
    });
  }

  #inviteHeaders(): Headers {
    const shortest = this.#request.get('min-se');
    const headers = withAsked(
      inviteHeaders(this.#request, this.#asked.sdp !== ''),
      sessionExpires(this.#request)?.interval,
    );
    return { ...headers, ...(shortest !== undefined && { 'Min-SE': shortest }) };
  }

  #received(sent: SentRequest, response: IncomingResponse, acknowledge: Acknowledge): void {
    this.#session.call.witness.sip(this.#session.callee, 'received', response.raw);
    if (response.status < 300 && !hasSafeTarget(response)) {
      // Neither PRACK nor ACK may be sent to it.
      const message = 'The far end answered with a Contact that is no SIP URI.';
      this.#session.fail(new EdgeError('sip-target', message, { sipStatus: 502 }));
      return;
    }
    if (response.status < 200) {
      this.#sawProvisional = true;
      if (!this.#mayProgress(response)) return;
      if (response.has('RSeq')) this.#session.calleeIsEarly({ id: response.stackDialogId, pending: sent });
      this.#then(() => this.#ringing(response));
      return;
    }
    this.#outgoing.settled();
    if (response.status >= 300) {
      this.#rejected(response);
      return;
    }
    // Acknowledged at once, so that the callee need not repeat it; the dialog is taken over before its BYE is read.
    const { call, callee, edge } = this.#session;
    if (this.#asked.sdp || call.ended) {
      acknowledge();
      call.witness.note('edge', callee === 'access' ? 'ue' : 'core', 'ACK');
    } else this.#oweAck = acknowledge;
    try {
      const dialog = edge.srf.uacDialog(sent, response);
      const farewell = () => farewellToCallee(response, this.#session.coreCallId(dialog.sip.callId), edge.egress);
      this.#session.adopt(callee, dialog, farewell);
      this.#then(() => this.#answered(response));
    } catch (error) {
      this.#session.fail(error);
    }
  }

  /** Each response may bring an answer, for rtpengine and for the caller: a callee that floods is not heard (N3). */
  #mayProgress({ status }: IncomingResponse): boolean {
    const { call, edge } = this.#session;
    const may = edge.progress.take(call.id);
    if (!may) this.#session.warn({ status }, 'provisional responses of a callee are dropped for now');
    return may;
  }

  #then(task: () => Promise<void>): void {
    this.#inOrder = this.#inOrder
      .then(() => (this.#session.call.ended ? undefined : task()))
      .catch((error: unknown) => this.#session.fail(error));
  }

  async #ringing(response: IncomingResponse): Promise<void> {
    const { call, callee, edge } = this.#session;
    const fromCallee = response.has('RSeq');
    // What an INVITE requires that came past listener and relay, the server does by itself, and tells of no PRACK.
    const isServers = requiresOption(this.#request, '100rel');
    const reliable = fromCallee && hasOption(this.#request, '100rel') && !isServers;
    // Without an offer in the INVITE this SDP would be one, to be answered in a PRACK, which the server cannot send.
    const given = sessionBody(response);
    const sdp = given.sdp && this.#asked.sdp ? await call.media.answer(callee, given.sdp) : '';
    this.#earlySdp = sdp || this.#earlySdp;
    const content = given.with(sdp);
    const headers = { ...responseHeaders(response), ...content.headers };
    const { body } = content;
    const { status, reason } = response;
    if (!reliable) {
      if (fromCallee) await edge.srf.prack(response, this.#session.headers.request(callee, 'PRACK', {}));
      this.#tellCaller({ status, reason, headers, body });
      return;
    }
    this.provisional = new ReliableProvisional(this.#session, response);
    const reliably = { ...headers, Require: [headers['Require'], '100rel'].filter(Boolean).join(', ') };
    if (sdp) this.#session.isEarlyOfferAnswered = true;
    this.#tellCaller({ status, reason, headers: reliably, body });
    await this.provisional.acknowledged;
    if (!call.ended) this.provisional = undefined;
  }

  #tellCaller(progress: FinalStatus): void {
    const session = this.#session;
    session.respond(session.caller, 'INVITE', this.#response, progress, (refused, message) => {
      if (message) session.callerIsEarly(() => earlyCaller(session.edge, session.caller, this.#request, message));
      else if (isAnswered(refused)) session.end('cancelled');
    });
  }

  #rejected(response: IncomingResponse): void {
    const { callee } = this.#session;
    const invite = {
      callee,
      uri: this.#request.uri,
      nextHop: this.#outgoing.nextHop,
      sawProvisional: this.#sawProvisional,
    };
    try {
      const { cause, final } = calleeRefusal(response, invite);
      if (cause === 'rejected') {
        const { status, reason } = response;
        this.#session.call.witness.refused({ by: 'far-end', status, reason });
      }
      this.#session.end(cause, { final });
    } catch (error) {
      this.#session.fail(error);
    }
  }

  async #answered(response: IncomingResponse): Promise<void> {
    const { call, caller, callee, edge } = this.#session;
    const content = await anchored(response, (given) => this.#finalSdp(given));
    const interval = granted(this.#request);
    const passed = withGranted(responseHeaders(response), interval);
    const headers = this.#session.headers.response(caller, 'INVITE', 200, passed);
    await edge.srf.createUas(this.#request, this.#response, {
      localSdp: content.body,
      headers: { ...headers, ...content.headers },
      onDialog: (dialog) => {
        call.witness.note('edge', caller === 'access' ? 'ue' : 'core', 'SIP/2.0 200 OK', content.body);
        this.#session.adopt(caller, dialog, () => farewellToCaller(this.#request, dialog.sip.localTag, edge.egress));
        if (this.#oweAck) dialog.once('ack', (ack) => this.#session.step(() => this.#answeredInAck(ack)));
        if (call.ended || !this.#session.dialog(callee)) return;
        call.answered();
        this.#session.timers.refreshed(caller, interval);
        this.#session.timers.refreshed(callee, taken(response));
        this.#session.log.info('call answered');
      },
    });
  }

  /** What the 200 for the caller carries: an answer, an offer, or nothing where both went before. `given`: by the callee. */
  async #finalSdp(given: string): Promise<string> {
    const { call, callee } = this.#session;
    if (this.#asked.sdp) {
      const early = this.#session.isEarlyOfferAnswered ? '' : this.#earlySdp;
      const sdp = given ? await call.media.answer(callee, given) : early;
      if (!sdp && !this.#session.isEarlyOfferAnswered)
        throw new EdgeError('sip-invalid', 'The far end took the call without an answer.', { sipStatus: 502 });
      return sdp;
    }
    if (!given) {
      throw new EdgeError('sip-invalid', 'The far end took the call without an offer.', { sipStatus: 502 });
    }
    return await call.media.offer(callee, given);
  }

  async #answeredInAck(ack: IncomingRequest): Promise<void> {
    const { call, caller, callee } = this.#session;
    const { headers, body } = await anchored(ack, (sdp) => {
      if (!sdp) throw new EdgeError('sip-invalid', 'The ACK brought no answer.');
      return call.media.answer(caller, sdp);
    });
    this.#oweAck?.({ body, headers: { ...headers, ...this.#session.headers.carriage(callee) } });
    this.#oweAck = undefined;
  }

  #ended(): void {
    if (!this.#session.edge.srf.connected) {
      this.#tellCorePastServer();
      this.#onSettled();
      return;
    }
    this.#outgoing.cancel(this.#session.ending.reason);
    this.#oweAck?.();
    this.#oweAck = undefined;
    if (this.provisional) void this.provisional.finalAllowed.then(() => this.#finalResponse());
    else this.#finalResponse();
  }

  /** Though the SIP server is lost. UEs hear of it otherwise. */
  #tellCorePastServer(): void {
    const { caller, edge } = this.#session;
    this.#outgoing.cancelPastServer();
    const isWaiting = !this.#response.finalResponseSent && !this.#cancelled;
    if (caller !== 'core' || !isWaiting || cameByRelay(this.#request, edge.egress)) return;
    const answer = { ...unavailable(), reason: 'Service Unavailable' };
    const refusal = refusalPastServer(this.#request, answer);
    if (refusal) edge.egress.pass(refusal.text, refusal.uri);
  }

  #finalResponse(): void {
    // The server has answered a caller that cancelled.
    if (!this.#response.finalResponseSent && !this.#cancelled) {
      this.#session.respond(
        this.#session.caller,
        'INVITE',
        this.#response,
        this.#session.ending.final ?? unavailable(),
      );
    }
    this.#onSettled();
  }
}
