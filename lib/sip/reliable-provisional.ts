import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { CallSession } from './call-session';
import { allows, inDialogHeaders, responseHeaders } from './header-policy';
import { sessionBody } from './session-body';
import { verdictOf, type Verdict } from './verdict';

/**
 * A reliable provisional response on its way (RFC 3262): the callee waits for its PRACK until the caller has
 * sent one.
 *
 * drachtio-server 0.9.10 dies of a final response other than 2xx while such a response is without PRACK, so
 * the final one has to wait for {@link ReliableProvisional.finalAllowed}.
 */
export class ReliableProvisional {
  /** Resolves when the caller's PRACK is answered, or the call ended. */
  readonly acknowledged: Promise<void>;
  /** Resolves when the caller's PRACK is answered, or is not to be waited for any more. */
  readonly finalAllowed: Promise<void>;
  readonly #session: CallSession;
  readonly #response: IncomingResponse;
  #hasPrack = false;
  #allowFinal: () => void = () => undefined;

  constructor(session: CallSession, response: IncomingResponse) {
    this.#session = session;
    this.#response = response;
    const { srf, timers } = session.edge;
    const stop = session.timer(timers.prack, () =>
      session.end('not-acknowledged', { verdict: { status: 504, headers: {} } }),
    );
    this.finalAllowed = new Promise((resolve) => {
      const allow = () => {
        clearTimeout(givenUp);
        srf.off('disconnect', allow);
        resolve();
      };
      const givenUp = setTimeout(allow, timers.prackGivenUp);
      srf.on('disconnect', allow);
      this.#allowFinal = allow;
    });
    this.acknowledged = new Promise((resolve) => {
      session.call.onEnd(() => resolve());
      void this.finalAllowed.then(() => {
        stop();
        resolve();
      });
    });
  }

  /** The caller cancelled: the server has sent the final response itself. */
  cancelled(): void {
    this.#allowFinal();
  }

  /**
   * Passes the caller's PRACK on. An offer in it goes in an UPDATE that follows, for drachtio-server sends a PRACK
   * without its body; where the callee takes no UPDATE, the offer is refused, and the callee has its PRACK all the same.
   * Another one acknowledges nothing (RFC 3262 §3): the callee is not to get as many as a caller can send.
   */
  async prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { call, caller, callee, edge } = this.#session;
    if (!this.#session.admits(caller, request, response)) return;
    const answer = (verdict: Verdict) => this.#session.respond(caller, 'PRACK', response, verdict);
    if (this.#hasPrack) {
      answer({ status: 481, headers: {} });
      return;
    }
    this.#hasPrack = true;
    try {
      if (call.ended) {
        answer({ status: 200, headers: {} });
        return;
      }
      const headers = withoutContent(inDialogHeaders(request));
      const final = await edge.srf.prack(this.#response, this.#session.headers.request(callee, 'PRACK', headers));
      if (sessionBody(request).sdp && final.status < 300) {
        if (allows(this.#response, 'UPDATE')) await this.#session.changes.change(caller, request, response);
        else answer({ status: 488, headers: {} });
      } else answer({ status: final.status, reason: final.reason, headers: responseHeaders(final) });
    } catch (error) {
      answer(verdictOf(error, edge.agent));
      this.#session.fail(error);
    } finally {
      this.#allowFinal();
    }
  }
}

function withoutContent(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)));
}
