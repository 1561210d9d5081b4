import { Newest } from '../../newest';
import { targetRefresh } from '../../wire/dialog-request';
import { detached, type SipMessage } from '../../wire/sip-message';
import { isSipUri, uriOf } from '../../wire/sip-uri';

/**
 * Targets of dialogs as far ends have changed them: drachtio-server 0.9.10 keeps to the one that a dialog began with, and
 * sends all later requests there (measured). Messages are those of the SIP server, with its Call-IDs and tags.
 */
export class RefreshedTargets {
  /** URIs by Call-ID and tag of the far end. */
  readonly #targets: Newest<string, string>;

  /** @param most dialogs that are remembered */
  constructor(most: number) {
    this.#targets = new Newest(most);
  }

  /** Takes note of a request of a far end on its way to the server. */
  requestToServer(request: SipMessage): void {
    const { method, callId } = request;
    const tag = request.fromTag;
    if (tag === undefined || request.toTag === undefined) return;
    if (method === 'BYE') this.#targets.delete(keyOf(callId, tag));
    else if (targetRefresh.has(method)) this.#learn(callId, tag, request);
  }

  /** The same for a response to a request of the server. */
  responseToServer(request: SipMessage, response: SipMessage): void {
    const tag = request.toTag;
    const isTaken = response.status >= 200 && response.status < 300;
    if (isTaken && tag !== undefined && targetRefresh.has(request.method)) this.#learn(request.callId, tag, response);
  }

  /** The Request-URI of a request of the server, by the server's Call-ID; undefined: as the server has it. */
  of(request: SipMessage, callId = request.callId): string | undefined {
    const key = keyOf(callId, request.toTag ?? '');
    const target = this.#targets.get(key);
    if (request.method === 'BYE') this.#targets.delete(key);
    return target;
  }

  #learn(callId: string, tag: string, message: SipMessage): void {
    const contact = uriOf(message.values('contact')[0] ?? '');
    if (isSipUri(contact)) this.#targets.set(keyOf(callId, tag), detached(contact));
  }
}

function keyOf(callId: string, tag: string): string {
  return detached(`${callId} ${tag}`);
}
