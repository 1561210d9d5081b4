import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import { FinalGate } from '../drachtio/final-gate';
import type { CallSession } from './call-session';
import { allows, inDialogHeaders, responseHeaders } from './header-policy';
import { sessionBody } from './session-body';
import { noSuchDialog, finalStatusOf, type FinalStatus } from './final-status';

/**
 * A reliable provisional response on its way (RFC 3262): the callee waits for its PRACK until the caller has
 * sent one.
 * The final one has to wait for {@link ReliableProvisional.finalAllowed}.
 */
export class ReliableProvisional {
  /** Resolves when the caller's PRACK is answered, or the call ended. */
  readonly acknowledged: Promise<void>;
  readonly #session: CallSession;
  readonly #response: IncomingResponse;
  readonly #gate: FinalGate;
  #hasPrack = false;

  constructor(session: CallSession, response: IncomingResponse) {
    this.#session = session;
    this.#response = response;
    const { srf, timers } = session.edge;
    const stop = session.timer(timers.prack, () => session.end('not-acknowledged', { final: { status: 504 } }));
    this.#gate = new FinalGate(srf, timers.prackGivenUp);
    this.acknowledged = new Promise((resolve) => {
      session.call.onEnd(() => resolve());
      void this.finalAllowed.then(() => {
        stop();
        resolve();
      });
    });
  }

  /** Resolves when the caller's PRACK is answered, or is not to be waited for any more. */
  get finalAllowed(): Promise<void> {
    return this.#gate.opened;
  }

  /** The caller cancelled: the server has sent the final response itself. */
  cancelled(): void {
    this.#gate.open();
  }

  /**
   * Passes the caller's PRACK on. An offer in it goes in an UPDATE that follows (see `Srf.prack`);
   * where the callee takes no UPDATE, the offer is refused, and the callee has its PRACK all the same.
   * Another one acknowledges nothing (RFC 3262 §3): the callee is not to get as many as a caller can send.
   */
  async prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { call, caller, callee, edge } = this.#session;
    if (!this.#session.admits(caller, request, response)) return;
    const answer = (final: FinalStatus) => this.#session.respond(caller, 'PRACK', response, final);
    if (this.#hasPrack) {
      answer(noSuchDialog);
      return;
    }
    this.#hasPrack = true;
    try {
      if (call.ended) {
        answer({ status: 200 });
        return;
      }
      const headers = withoutContent(inDialogHeaders(request));
      const final = await edge.srf.prack(this.#response, this.#session.headers.request(callee, 'PRACK', headers));
      if (sessionBody(request).sdp && final.status < 300) {
        if (allows(this.#response, 'UPDATE')) await this.#session.changes.change(caller, request, response);
        else answer({ status: 488 });
      } else answer({ status: final.status, reason: final.reason, headers: responseHeaders(final) });
    } catch (error) {
      answer(finalStatusOf(error, edge.agent));
      this.#session.fail(error);
    } finally {
      this.#gate.open();
    }
  }
}

function withoutContent(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)));
}
