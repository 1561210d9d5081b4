import type { Dialog, Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import { hasSafeTarget } from '../drachtio/dialog-target';
import { shortestInterval } from '../drachtio/fence/session-timer';
import { methodForChange } from '../drachtio/refreshers';
import type { FinalResponse } from '../drachtio/srf';
import { whenWithdrawn } from '../drachtio/withdrawn-change';
import { otherSide, type Side } from '../media/media-anchor';
import type { CallLegs, SendInDialog } from './call-legs';
import type { CallSession } from './call-session';
import { inDialogHeaders, responseHeaders } from './header-policy';
import { MediaRollback } from './media-rollback';
import { acknowledged, sendOffer } from './offer-in-dialog';
import { OwnOffers } from './own-offers';
import { passedRefusal } from './refusal-content';
import { anchored, bodyOf, offeredBody, type SessionBody } from './session-body';
import { granted, isTooShort, taken, withAsked, withGranted } from './session-expires';
import { retryLater, finalStatusOf, type FinalStatus } from './final-status';

const terminated: FinalStatus = { status: 487 };

/** Statuses that say that the far end's dialog is no more (RFC 3261 §12.2.1.2). */
const dialogGone = new Set([404, 408, 410, 481]);

/** The call whose later offers these are. */
type ChangingCall = CallLegs & Pick<CallSession, 'timers' | 'isEarlyOfferAnswered'>;

/** One offer or refresh on its way. */
interface Change {
  from: Side;
  to: Side;
  /** Sends in the far end's dialog. */
  send: SendInDialog;
  request: IncomingRequest;
  asked: SessionBody;
  /** By what it goes to the far end. */
  method: 'INVITE' | 'UPDATE';
  /** Answers it. */
  answer: (final: FinalStatus) => void;
  /** Aborted by the sender's CANCEL, which may come at any time. */
  withdrawn: AbortSignal;
}

/**
 * Later offers and answers of a call: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311) from either side, with
 * the offer in the request or, for a re-INVITE without one, in the 200. One offer at a time.
 */
export class SessionChanges {
  readonly #session: ChangingCall;
  /** The side whose offer is under way. */
  #offering: Side | undefined;
  /** Those whose UPDATE is, be it with an offer or without. */
  readonly #updating = new Set<Side>();

  /** Before a refusal is passed on: media is as before when the one who offered hears of it. */
  readonly #media: MediaRollback;

  /** Offers that neither of the two sides has made. */
  readonly own: OwnOffers;

  constructor(session: ChangingCall) {
    this.#session = session;
    this.#media = new MediaRollback(session, () => this.#offering !== undefined);
    this.own = new OwnOffers(session, this.#media, () => {
      if (this.#offering !== undefined) return undefined;
      this.#offering = 'core';
      return () => (this.#offering = undefined);
    });
  }

  attach(side: Side, dialog: Dialog): void {
    dialog.on('modify', (request, response) => void this.change(side, request, response));
    dialog.on('update', (request, response) => void this.change(side, request, response));
  }

  /** Takes a re-INVITE, an UPDATE, or a PRACK with an offer, which goes on as an UPDATE, and answers it. */
  async change(from: Side, request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { call, edge, timers } = this.#session;
    if (!this.#session.admits(from, request, response)) return;
    if (!hasSafeTarget(request)) {
      this.#session.abandon(from, request.method, response);
      return;
    }
    const answer = (final: FinalStatus) => this.#session.respond(from, request.method, response, final);
    const to = otherSide(from);
    const isInvite = request.method === 'INVITE';
    let asked: SessionBody;
    try {
      asked = offeredBody(request);
    } catch (error) {
      answer(finalStatusOf(error, edge.agent));
      return;
    }
    const isOffer = isInvite || asked.sdp !== '';
    const refusal = this.#refusal(from, request, isOffer);
    const send = this.#session.wayTo(to);
    if (refusal || !send) {
      answer(refusal ?? retryLater(2));
      return;
    }
    if (isOffer) this.#offering = from;
    if (!isInvite) this.#updating.add(from);
    const withdrawal = new AbortController();
    // drachtio-srf gives an UPDATE of the same side to its INVITE that is pending.
    request.on('update', (update, its) => void this.change(from, update, its));
    const own = this.#session.dialog(from);
    const unwatch = whenWithdrawn(request, own, () => withdrawal.abort());
    // RFC 3261 §15.1.2: what is pending in a call that ends is answered all the same.
    const forget = call.onEnd(() => answer(terminated));
    const method = methodForChange({ isInvite, isOffer, hasTimer: timers.interval(to) !== undefined });
    const change: Change = { from, to, send, request, asked, method, answer, withdrawn: withdrawal.signal };
    try {
      if (asked.sdp) await this.#withOffer(change);
      else if (isInvite && own) await this.#withoutOffer(change, own);
      else await this.#refresh(change);
    } catch (error) {
      answer(finalStatusOf(error, edge.agent));
      if (!call.ended) this.#session.warn({ err: error }, 'session change failed');
    } finally {
      forget();
      unwatch();
      if (isOffer) this.#offering = undefined;
      if (!isInvite) this.#updating.delete(from);
    }
  }

  /** What may not pass now: RFC 3261 §14.2 for a re-INVITE, RFC 3311 §5.2 for an UPDATE; or never. */
  #refusal(from: Side, request: IncomingRequest, isOffer: boolean): FinalStatus | undefined {
    const { call, isEarlyOfferAnswered } = this.#session;
    const isInvite = request.method === 'INVITE';
    if (isTooShort(request)) return { status: 422, headers: { 'Min-SE': String(shortestInterval) } };
    if (!isInvite && this.#updating.has(from)) return retryLater(2);
    if (!isOffer) return undefined;
    if (this.#offering !== undefined) return this.#offering === from ? retryLater(2) : { status: 491 };
    const mayOffer = call.answeredAt !== undefined || (!isInvite && isEarlyOfferAnswered);
    return mayOffer ? undefined : retryLater(2);
  }

  async #withOffer(change: Change): Promise<void> {
    const { from, to, send, asked, method, answer, withdrawn } = change;
    const { call } = this.#session;
    const content = asked.with(await call.media.offer(from, asked.sdp));
    if (withdrawn.aborted) {
      await this.#media.run();
      return;
    }
    const options = { method, headers: { ...this.#requestHeaders(change), ...content.headers }, ...bodyOf(content) };
    let final: FinalResponse;
    try {
      final = await sendOffer(this.#session, send, options, withdrawn);
    } catch (error) {
      await this.#media.run();
      throw error;
    }
    if (final.response.status >= 300) {
      await this.#media.run();
      this.#refused(final.response, answer);
      return;
    }
    const accepted = await this.#orEnd(() => anchored(final.response, (sdp) => call.media.answer(to, sdp)));
    const headers = { ...this.#acceptedHeaders(change, final.response), ...accepted.headers };
    answer({ status: final.response.status, headers, body: accepted.body });
  }

  async #withoutOffer(change: Change, own: Dialog): Promise<void> {
    const { from, to, send, asked, method, answer, withdrawn } = change;
    const { call, edge } = this.#session;
    const headers = this.#requestHeaders(change);
    const options = { method, headers, ...bodyOf(asked.with('')), leavesAck: true };
    const final = await sendOffer(this.#session, send, options, withdrawn);
    if (final.response.status >= 300) {
      this.#refused(final.response, answer);
      return;
    }
    try {
      const offered = await this.#orEnd(() => anchored(final.response, (sdp) => call.media.offer(to, sdp)));
      const acked = acknowledged(this.#session, own);
      const accepted = { ...this.#acceptedHeaders(change, final.response), ...offered.headers };
      answer({ status: 200, headers: accepted, body: offered.body });
      const ack = await acked;
      const answered = await this.#orEnd(() => anchored(ack, (sdp) => call.media.answer(from, sdp)));
      const carriage = this.#session.headers.carriage(to);
      final.acknowledge?.({ body: answered.body, headers: { ...answered.headers, ...carriage } });
    } catch (error) {
      if (edge.srf.connected) final.acknowledge?.();
      throw error;
    }
  }

  /** An UPDATE without an offer. One that only keeps the sender's leg alive is not for a leg that has its own timer. */
  async #refresh(change: Change): Promise<void> {
    const { to, send, request, asked, method, answer } = change;
    const { timers } = this.#session;
    if (granted(request) !== undefined && timers.interval(to) !== undefined) {
      answer({ status: 200, headers: this.#grantedHeaders(change, {}) });
      return;
    }
    const final = await send({ method, headers: this.#requestHeaders(change), ...bodyOf(asked.with('')) });
    if (final.response.status >= 300) this.#refused(final.response, answer);
    else answer({ status: final.response.status, headers: this.#acceptedHeaders(change, final.response) });
  }

  /** For the far end, which refreshes its leg as before. */
  #requestHeaders({ to, method, request }: Change): Headers {
    const { headers, timers } = this.#session;
    return headers.request(to, method, withAsked(inDialogHeaders(request), timers.interval(to)));
  }

  /** For the sender, of a 2xx: both legs are refreshed. */
  #acceptedHeaders(change: Change, response: IncomingResponse): Headers {
    const { call, timers } = this.#session;
    if (call.answeredAt === undefined) return responseHeaders(response);
    timers.refreshed(change.to, taken(response));
    return this.#grantedHeaders(change, responseHeaders(response));
  }

  #grantedHeaders({ from, request }: Change, headers: Headers): Headers {
    this.#session.timers.refreshed(from, granted(request));
    return withGranted(headers, granted(request));
  }

  #refused(refusal: IncomingResponse, answer: Change['answer']): void {
    answer(passedRefusal(refusal));
    if (dialogGone.has(refusal.status)) this.#session.end('dialog-lost');
  }

  /** Once the far end has taken a change, a failure leaves the two sides apart: the call ends. */
  async #orEnd<T>(exchange: () => Promise<T>): Promise<T> {
    try {
      return await exchange();
    } catch (error) {
      this.#session.fail(error);
      throw error;
    }
  }
}
