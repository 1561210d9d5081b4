import type { IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { CallSession } from './call-session';
import { inDialogHeaders, responseHeaders } from './header-policy';
import { reply, verdictOf } from './verdict';

/**
 * A reliable provisional response on its way (RFC 3262): the callee's waits for its PRACK until the caller
 * has sent one, and what that PRACK and its 200 carry goes through the media anchor.
 */
export class ReliableProvisional {
  /** Settles when the caller's PRACK is answered, or the call ended. */
  readonly acknowledged: Promise<void>;
  readonly #session: CallSession;
  readonly #response: IncomingResponse;
  /** Whether the response carried an offer, whose answer the PRACK owes. */
  readonly #offered: boolean;
  #settle: () => void = () => undefined;

  constructor(session: CallSession, response: IncomingResponse, offered: boolean) {
    this.#session = session;
    this.#response = response;
    this.#offered = offered;
    const stop = session.timer(session.edge.timers.prack, () =>
      session.end('not-acknowledged', { verdict: { status: 504, headers: {} } }),
    );
    this.acknowledged = new Promise((resolve) => {
      this.#settle = () => {
        stop();
        resolve();
      };
    });
    session.call.onEnd(this.#settle);
  }

  async prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { call, caller, callee, edge } = this.#session;
    try {
      const headers = { ...inDialogHeaders(request.headers), ...(request.body && sdpType) };
      if (!request.body || this.#offered) {
        const body = request.body && (await call.answer(caller, request.body));
        const final = await edge.srf.prack(this.#response, { headers, body });
        reply(response, { status: final.status, reason: final.reason, headers: responseHeaders(final) });
      } else {
        const body = await call.offer(caller, request.body);
        const final = await edge.srf.prack(this.#response, { headers, body });
        const sdp = final.status < 300 && final.body ? await call.answer(callee, final.body) : '';
        reply(response, { status: final.status, reason: final.reason, headers: responseHeaders(final), body: sdp });
      }
      this.#settle();
    } catch (error) {
      reply(response, verdictOf(error, edge.agent));
      this.#session.fail(error);
    }
  }
}

const sdpType = { 'Content-Type': 'application/sdp' };
