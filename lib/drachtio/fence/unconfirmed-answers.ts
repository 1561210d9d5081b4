import { Newest } from '../../newest';
import { dialogRequest } from '../../wire/dialog-request';
import { beginsCall } from './dialog-makers';
import { detached, type SipMessage } from '../../wire/sip-message';
import { tagOf, uriOf } from '../../wire/sip-uri';

/** A call of the core, as far as it takes to hang up on its caller. */
interface CalledUe {
  /** Contact of the caller. */
  readonly target: string;
  readonly routes: readonly string[];
  readonly caller: string;
  /** To of the server's 2xx; undefined: there is none. */
  callee: string | undefined;
}

/** Above all that the server may have sent in the dialog; it is the last one there (RFC 3261 §8.1.1.5). */
const lastCSeq = 2 ** 31 - 1;

/**
 * drachtio-server gives the dialogs of a lost app to nobody [13a, 13b, 13c].
 *
 * Calls of the core whose 2xx has passed and whose ACK has not come. If the SIP server is lost now, nobody else knows that
 * there is a dialog: the app may not have heard yet that its answer was sent.
 */
export class UnconfirmedAnswers {
  /** By Call-ID. */
  readonly #calls: Newest<string, CalledUe>;

  /** @param most calls; beyond, the oldest is forgotten */
  constructor(most: number) {
    this.#calls = new Newest(most);
  }

  /** Takes note of a request of the core on its way to the server. */
  requestToServer(request: SipMessage): void {
    const { method, callId } = request;
    if (method === 'ACK' || method === 'BYE') this.#calls.delete(callId);
    if (!beginsCall(request)) return;
    this.#calls.set(detached(callId), {
      target: detached(uriOf(request.values('contact')[0] ?? '')),
      routes: request.values('record-route').map(detached),
      caller: detached(request.get('from') ?? ''),
      callee: undefined,
    });
  }

  /** Takes note of a response of the server. */
  responseToCore(response: SipMessage): void {
    const { callId, status, cseq } = response;
    const call = this.#calls.get(callId);
    if (call === undefined || cseq?.method !== 'INVITE' || status < 200) return;
    if (status >= 300) this.#calls.delete(callId);
    else call.callee = detached(response.get('to') ?? '');
  }

  /** BYEs to the callers, without the relay's Via; what there was is forgotten. */
  take(): SipMessage[] {
    const answered = [...this.#calls].filter(([, { callee, target }]) => tagOf(callee) !== undefined && target !== '');
    this.#calls.clear();
    return answered.map(([callId, { target, routes, caller, callee = '' }]) =>
      dialogRequest({ callId, from: callee, to: caller, target, routes }, 'BYE', lastCSeq),
    );
  }
}
