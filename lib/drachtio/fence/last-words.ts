import { Newest } from '../../newest';
import { dialogRequest } from '../../wire/dialog-request';
import { randomBytes } from 'node:crypto';
import { cancelOf } from '../../wire/cancel';
import { beginsCall } from './dialog-makers';
import { responseTo, type OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';
import { uriOf } from '../../wire/sip-uri';

/** A call as far as it takes to end it toward the UE; nothing of a message is held that is not needed. */
type Known =
  /** The UE's INVITE has no final response. */
  | { state: 'calling'; refusal: string; contact: string }
  /** The UE has not answered an INVITE. */
  | { state: 'called'; cancel: string; cseq: number }
  /** `local` and `remote`: From and To of a request for the UE. */
  | { state: 'answered'; target: string; local: string; remote: string; cseq: number };

/**
 * What ends the calls of a UE toward it where the SIP server does not any more, because it has ended or has lost its app:
 * a refusal to its INVITE, a CANCEL, a BYE [13a, 13e, 13f]. All messages are those that the UE sees.
 */
export class LastWords {
  readonly #refusal: () => OwnResponse;
  /** By Call-ID. */
  readonly #calls: Newest<string, Known>;

  /**
   * @param limit calls; beyond, the oldest is forgotten
   * @param refusal of an INVITE of the UE
   */
  constructor(limit: number, refusal: () => OwnResponse) {
    this.#calls = new Newest(limit);
    this.#refusal = refusal;
  }

  requestFromUe(request: SipMessage): void {
    if (request.method === 'BYE') this.#calls.delete(request.callId);
    if (!beginsCall(request)) return;
    const refusal = detached(responseTo(request, this.#refusal()).toString());
    this.#know(request, { state: 'calling', refusal, contact: contactOf(request) });
  }

  responseToUe(response: SipMessage): void {
    this.#response(response, 'calling');
  }

  requestToUe(request: SipMessage): void {
    const { callId, method, cseq } = request;
    const known = this.#calls.get(callId);
    if (method === 'BYE') this.#calls.delete(callId);
    else if (known?.state === 'answered') known.cseq = Math.max(known.cseq, cseq?.number ?? 0);
    else if (beginsCall(request))
      this.#know(request, { state: 'called', cancel: detached(cancelOf(request).toString()), cseq: cseq?.number ?? 0 });
  }

  responseFromUe(response: SipMessage): void {
    this.#response(response, 'called');
  }

  /**
   * Gives them and forgets the calls.
   * @param sentBy protocol, host and port of our Vias toward the UE: `TCP 198.51.100.1:5060`
   */
  take(sentBy: string): string[] {
    const all = [...this.#calls].map(([callId, known]) => {
      if (known.state === 'calling') return known.refusal;
      if (known.state === 'called') return known.cancel;
      const { target, local: from, remote: to, cseq } = known;
      const bye = dialogRequest({ callId, from, to, target }, 'BYE', cseq + 1);
      return bye.prepend('Via', `SIP/2.0/${sentBy};branch=z9hG4bK${randomBytes(8).toString('hex')}`).toString();
    });
    this.#calls.clear();
    return all;
  }

  /** To an INVITE of a call in this state. */
  #response(response: SipMessage, state: 'calling' | 'called'): void {
    const { status, callId, cseq } = response;
    const known = this.#calls.get(callId);
    if (cseq?.method !== 'INVITE' || status < 200 || known?.state !== state) return;
    if (status >= 300) {
      this.#calls.delete(callId);
      return;
    }
    const [from, to] = [detached(response.get('from') ?? ''), detached(response.get('to') ?? '')];
    const ends =
      known.state === 'calling'
        ? { target: known.contact, local: to, remote: from, cseq: 0 }
        : { target: contactOf(response), local: from, remote: to, cseq: known.cseq };
    this.#know(response, { state: 'answered', ...ends });
  }

  #know(message: SipMessage, known: Known): void {
    this.#calls.set(detached(message.callId), known);
  }
}

function contactOf(message: SipMessage): string {
  return detached(uriOf(message.values('contact')[0] ?? ''));
}
