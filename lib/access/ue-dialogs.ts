import type { OwnResponse } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import { tagOf } from '../wire/sip-uri';
import { noSuchDialog } from './own-answers';

/** Requests that begin a dialog at the SIP server. */
const dialogMakers = new Set(['INVITE', 'SUBSCRIBE']);

/** Requests that drachtio-server bears, or answers, in a dialog of any state. */
const bearable = new Set(['ACK', 'BYE', 'CANCEL', 'PRACK', 'UPDATE']);

/** Dialogs of one Call-ID: the forks of a PBX behind one connection. */
const mostForks = 16;

/** RFC 3261 §14.2, which has it for a re-INVITE; in a moment the same request can be carried. */
const tooEarly: OwnResponse = { status: 500, reason: 'Dialog Not Established', headers: { 'Retry-After': '1' } };

interface Dialogs {
  /** Those with a 2xx, each as the tags of UE and server. */
  readonly confirmed: Set<string>;
  /** Of a SUBSCRIBE for the UE that has no final response: what its response has to repeat. */
  subscribe: { branch: string; from: string; cseq: string } | undefined;
}

/**
 * The dialogs that a UE has with the SIP server over one connection, and whether they are more than early.
 *
 * drachtio-server 0.9.10 hands a request inside an early dialog to the app as one outside of dialogs, and frees what the
 * app's answer needs: its process ends, with the calls of all UEs. Others it never answers. So what the UE sends inside a
 * dialog goes on only once the server is known to hold that dialog as confirmed. What is not known counts as early.
 */
export class UeDialogs {
  readonly #limit: number;
  /** By Call-ID, the oldest first. */
  readonly #calls = new Map<string, Dialogs>();

  /** @param limit of Call-IDs; beyond, the oldest is forgotten */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The answer to a request of the UE that the server must not see. */
  refusal(request: SipMessage): OwnResponse | undefined {
    const { method, callId } = request;
    const peerTag = tagOf(request.get('to'));
    if (peerTag === undefined || bearable.has(method)) return undefined;
    const known = this.#calls.get(callId);
    if (known?.confirmed.has(pair(tagOf(request.get('from')), peerTag)) === true) return undefined;
    if (known !== undefined && (known.confirmed.size === 0 || method === 'INVITE')) return tooEarly;
    // The server answers a re-INVITE outside of its dialogs itself.
    return method === 'INVITE' ? undefined : noSuchDialog;
  }

  /** Takes note of a request on its way to the server. */
  requestFromUe(request: SipMessage): void {
    const ueTag = tagOf(request.get('from'));
    const peerTag = tagOf(request.get('to'));
    if (dialogMakers.has(request.method) && peerTag === undefined) this.#begin(request.callId);
    else if (request.method === 'BYE') this.#end(request.callId, pair(ueTag, peerTag));
  }

  /** Takes note of a request on its way to the UE. The UE's 2xx to an INVITE counts once the server has sent its ACK. */
  requestFromServer(request: SipMessage): void {
    const { method, callId } = request;
    const ueTag = tagOf(request.get('to'));
    const tags = pair(ueTag, tagOf(request.get('from')));
    if (dialogMakers.has(method) && ueTag === undefined) {
      const dialogs = this.#begin(callId);
      dialogs.subscribe = method === 'SUBSCRIBE' ? transactionOf(request) : undefined;
    } else if (method === 'ACK') this.#confirm(callId, tags);
    else if (method === 'BYE') this.#end(callId, tags);
  }

  /** Takes note of a response to the UE. */
  responseFromServer(response: SipMessage): void {
    if (!dialogMakers.has(response.cseq?.method ?? '') || response.status < 200) return;
    const { callId } = response;
    if (response.status < 300) this.#confirm(callId, pair(tagOf(response.get('from')), tagOf(response.get('to'))));
    else if (this.#calls.get(callId)?.confirmed.size === 0) this.#calls.delete(callId);
  }

  /**
   * Takes note of a response to the server, with the server's Via on top. One that the server would take for none of its
   * own must not count: the UE could make us believe in a dialog that the server does not have.
   */
  responseFromUe(response: SipMessage): void {
    const dialogs = this.#calls.get(response.callId);
    const ueTag = tagOf(response.get('to'));
    if (dialogs?.subscribe === undefined || response.status < 200 || ueTag === undefined) return;
    const { branch, from, cseq } = transactionOf(response);
    const { subscribe } = dialogs;
    if (branch !== subscribe.branch || from !== subscribe.from || cseq !== subscribe.cseq) return;
    dialogs.subscribe = undefined;
    if (response.status < 300) this.#confirm(response.callId, pair(ueTag, tagOf(from)));
  }

  #begin(callId: string): Dialogs {
    const known = this.#calls.get(callId) ?? { confirmed: new Set(), subscribe: undefined };
    this.#calls.delete(callId);
    this.#calls.set(callId, known);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > this.#limit && oldest !== undefined) this.#calls.delete(oldest);
    return known;
  }

  #confirm(callId: string, tags: string): void {
    const confirmed = this.#calls.get(callId)?.confirmed;
    if (confirmed !== undefined && confirmed.size < mostForks) confirmed.add(tags);
  }

  #end(callId: string, tags: string): void {
    const confirmed = this.#calls.get(callId)?.confirmed;
    if (confirmed?.delete(tags) === true && confirmed.size === 0) this.#calls.delete(callId);
  }
}

function pair(ueTag: string | undefined, serverTag: string | undefined): string {
  return `${ueTag ?? ''} ${serverTag ?? ''}`;
}

function transactionOf(message: SipMessage): { branch: string; from: string; cseq: string } {
  return { branch: message.topVia?.branch ?? '', from: message.get('from') ?? '', cseq: message.get('cseq') ?? '' };
}
