import type { Call, EndCause } from '../calls/call';
import type { CallerEarlyDialog } from '../drachtio/caller-early-dialog';
import type { Dialog, IncomingRequest, ResponseSender, ParsedMessage } from '../drachtio/messages';
import type { InDialog } from '../drachtio/srf';
import { EdgeError } from '../errors';
import { otherSide, type Side } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { retryAfter } from '../shares/retry-after';
import { CallHeaders } from './call-headers';
import type { Ending, SendInDialog } from './call-legs';
import type { UePolicy } from './ue-policy';
import type { Leg } from './dialog-index';
import { forwardInDialog } from './in-dialog-forwarding';
import type { Farewell } from './farewells';
import { inDialogHeaders } from './header-policy';
import { SessionChanges } from './session-changes';
import { SessionTimers } from './session-timers';
import type { SipEdge } from './sip-edge';
import { reply, retryLater, finalStatusOf, type FinalStatus } from './final-status';

/** The two legs of a call, and their common end. */
export class CallSession {
  readonly edge: SipEdge;
  readonly call: Call;
  readonly caller: Side;
  readonly callee: Side;
  readonly log: Logger;
  readonly headers: CallHeaders;
  readonly #policy: UePolicy;
  readonly #dialogs: Partial<Record<Side, Dialog>> = {};
  readonly #farewells: Partial<Record<Side, () => Farewell>> = {};
  readonly changes = new SessionChanges(this);
  readonly timers = new SessionTimers(this);
  #earlyCaller: CallerEarlyDialog | undefined;
  #earlyCallee: InDialog | undefined;
  /** The caller has its answer for good, in a reliable provisional response (RFC 3262 §5). */
  isEarlyOfferAnswered = false;
  /** Addresses of record. */
  parties: Partial<Record<Side, string>> = {};
  /** The Call-ID that the core knows its dialog by, of the SIP server's. */
  coreCallId: (callId: string) => string = (callId) => callId;
  #ending: Ending = {};

  constructor(edge: SipEdge, call: Call, log: Logger, policy: UePolicy) {
    this.edge = edge;
    this.call = call;
    this.caller = call.facts.direction === 'originating' ? 'access' : 'core';
    this.callee = otherSide(this.caller);
    this.log = log;
    this.headers = new CallHeaders(policy, edge.dialogs);
    this.#policy = policy;
    call.onEnd((cause) => this.#ended(cause));
    call.media.on('restart-due', (cause) => void this.changes.own.restartIce(cause));
    call.media.on('moved', () => void this.#mediaMoved());
    if (edge.releaseOnMediaLoss) call.media.on('media-lost', () => this.end('media-lost', { reason: mediaLost }));
    call.media.on('lost', () => this.#anchorLost());
  }

  /** The caller has a dialog before its 2xx; the first one counts. */
  callerIsEarly(dialog: () => CallerEarlyDialog | undefined): void {
    this.#earlyCaller ??= dialog();
  }

  /** The callee has a dialog before its 2xx, from its first reliable provisional response on. */
  calleeIsEarly(dialog: InDialog): void {
    this.#earlyCallee = dialog;
  }

  /** The confirmed one. */
  dialog(side: Side): Dialog | undefined {
    return this.#dialogs[side];
  }

  /** What sends a request in that side's dialog: the confirmed one, or the early one as far as it can be reached. */
  wayTo(side: Side): SendInDialog | undefined {
    const { srf } = this.edge;
    const dialog = this.#dialogs[side] ?? (side === this.callee ? this.#earlyCallee : undefined);
    if (dialog) return (options, onSent) => srf.requestInDialog(dialog, options, onSent);
    const earlyCaller = this.#earlyCaller;
    return side === this.caller && earlyCaller ? (options) => earlyCaller.request(options) : undefined;
  }

  /** Whether a request of that side may be served; where not, it is refused here. */
  admits(from: Side, request: IncomingRequest, response: ResponseSender): boolean {
    const { source_address: source, method } = request;
    this.call.witness.sip(from, 'received', request.raw);
    if (!this.#policy.admits(from, request)) {
      this.warn({ from, method, source }, 'request over a flow that is not the call’s');
      this.respond(from, method, response, { status: 403 });
      return false;
    }
    const { id, facts } = this.call;
    if (from === 'access' || this.edge.coreRequests.takesInDialog(id, facts.ue ?? id)) return true;
    this.warn({ method, source }, 'requests of the core in a call are refused for now');
    this.respond(from, method, response, retryLater(retryAfter()));
    return false;
  }

  /** Ends the call for a request that moves that side's end of it to where the server cannot send, not even a BYE. */
  abandon(from: Side, method: string, response: ResponseSender): void {
    const dialog = this.#dialogs[from];
    if (dialog) this.edge.srf.forget(dialog);
    this.respond(from, method, response, { status: 400 });
    this.end('sip-error');
  }

  /** Answers a request of that side. `sent` gets the response as it left, or why the server would not send it. */
  respond(
    to: Side,
    method: string,
    response: ResponseSender,
    final: FinalStatus,
    sent?: (refused: unknown, message?: ParsedMessage) => void,
  ): void {
    const headers = this.headers.response(to, method, final.status, final.headers ?? {});
    reply(response, { ...final, headers }, (refused, message) => {
      if (message) this.call.witness.sip(to, 'sent', message.raw);
      sent?.(refused, message);
    });
  }

  /**
   * Takes over a leg's dialog; call it as soon as the dialog exists. Where the call has ended meanwhile,
   * the leg is hung up at once. `farewell` is what is left of it should the SIP server lose it.
   */
  adopt(side: Side, dialog: Dialog, farewell: () => Farewell): void {
    // UEs are told by the access listener.
    if (side === 'core') this.#farewells[side] = farewell;
    if (this.call.ended) {
      this.#hangUp(side, dialog);
      return;
    }
    this.#dialogs[side] = dialog;
    dialog.once('ack', (ack) => this.call.witness.sip(side, 'received', ack.raw));
    this.headers.learnContact(side, dialog.local.contact);
    dialog.on('destroy', (bye) => {
      this.call.witness.sip(side, 'received', bye.raw);
      const reason = bye.get('reason');
      this.end(byeCause(bye), {
        // For a caller that has no 200 yet: the callee took the call and was gone.
        final: { status: 480 },
        ...(reason !== undefined && { reason }),
        ...(bye.source === 'network' && { bye: { headers: inDialogHeaders(bye), body: bye.body } }),
      });
    });
    this.changes.attach(side, dialog);
    forwardInDialog(this, side, dialog);
    const other = this.#leg(otherSide(side));
    const own = this.#leg(side);
    if (own && other) this.call.onEnd(this.edge.dialogs.add(own, other));
  }

  /** Tells what the call's ends can cause over and over. */
  warn(fields: object, message: string): void {
    this.edge.occasionally.warn({ call: this.call.id, ...fields }, message);
  }

  /** Ends the call; only the first cause counts. */
  end(cause: EndCause, ending: Ending = {}): void {
    if (this.call.ended) return;
    this.#ending = ending;
    this.call.end(cause);
  }

  /** Ends the call for an error, with the final response that it deserves. */
  fail(error: unknown): void {
    if (this.call.ended) return;
    this.warn({ err: error }, 'call failed');
    const final = finalStatusOf(error, this.edge.agent);
    this.call.witness.refused({ by: 'edge', status: final.status, ...wordsOf(error) });
    this.end(causeOf(error), { final });
  }

  /** Runs one step of the call; an error in it ends the call. */
  step(task: () => Promise<void>): void {
    task().catch((error: unknown) => this.fail(error));
  }

  /** How the call ended, as far as the legs are told. */
  get ending(): Ending {
    return this.#ending;
  }

  /** Runs `expired` after `ms`, unless the returned function is called or the call ends before. */
  timer(ms: number, expired: () => void): () => void {
    const timeout = setTimeout(expired, ms);
    const forget = this.call.onEnd(() => clearTimeout(timeout));
    return () => {
      clearTimeout(timeout);
      forget();
    };
  }

  async #mediaMoved(): Promise<void> {
    if (!(await this.changes.own.move())) this.#anchorLost();
  }

  #anchorLost(): void {
    if (this.call.facts.isEmergency === true) this.log.warn('an emergency call has lost its media: it ends');
    this.end('anchor-lost', { reason: mediaLost });
  }

  #leg(side: Side): Leg | undefined {
    const dialog = this.#dialogs[side];
    if (!dialog) return undefined;
    const { callId, localTag, remoteTag } = dialog.sip;
    const contact = /<([^<>]*)>/.exec(this.headers.contact(side) ?? '')?.[1];
    const known = side === 'core' ? this.coreCallId(callId) : callId;
    return { callId: known, localTag, remoteTag, contact, party: this.parties[side] ?? '' };
  }

  #ended(cause: EndCause): void {
    for (const side of [this.caller, this.callee]) {
      const dialog = this.#dialogs[side];
      if (dialog?.connected) this.#hangUp(side, dialog);
    }
    const { answeredAt, endedAt } = this.call;
    const seconds = answeredAt === undefined ? undefined : (endedAt - answeredAt) / 1000;
    const status = answeredAt === undefined ? this.#ending.final?.status : undefined;
    this.log.info({ cause, status, seconds }, 'call ended');
  }

  #hangUp(side: Side, dialog: Dialog): void {
    const farewell = this.#farewells[side]?.();
    if (!this.edge.srf.connected) {
      this.edge.srf.forget(dialog);
      if (farewell) this.edge.farewells.add(farewell);
      return;
    }
    const { reason, bye: said } = this.#ending;
    // Whatever becomes of the BYE, the call is over for us.
    const passed = said?.headers ?? (reason === undefined ? {} : { Reason: reason });
    const headers = this.headers.request(side, 'BYE', passed);
    const { byes, srf } = this.edge;
    const bye = srf
      .hangUp(dialog, { headers, body: said?.body ?? '' }, (sent) => this.call.witness.sip(side, 'sent', sent.raw))
      .catch(() => undefined)
      .finally(() => byes.delete(bye));
    byes.set(bye, farewell);
  }
}

function byeCause(bye: IncomingRequest): EndCause {
  if (bye.source === 'network') return 'hung-up';
  // The server hangs up by itself on who never acknowledged its 200 or did not refresh the session.
  return /session timer/i.test(bye.get('reason') ?? '') ? 'session-expired' : 'not-acknowledged';
}

/** For what the P-CSCF releases for want of its bearer (TS 24.229 §5.2.8.1.2). */
const mediaLost = 'SIP;cause=503;text="Media lost"';

/** Codes of the media anchor (see MediaAnchor). */
const mediaFaults = new Set(['sdp-invalid', 'no-usable-media', 'anchor-unavailable', 'answer-unexpected']);

function wordsOf(error: unknown): { reason: string; code?: string } {
  return error instanceof EdgeError ? { reason: error.message, code: error.code } : { reason: 'A fault of the edge.' };
}

function causeOf(error: unknown): EndCause {
  const code = error instanceof EdgeError ? error.code : '';
  if (code === 'drachtio-lost') return 'link-lost';
  return mediaFaults.has(code) ? 'media-failed' : 'sip-error';
}
