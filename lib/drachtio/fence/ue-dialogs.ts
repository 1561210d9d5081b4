import { isLastNotify, mendAnswerToLastNotify } from './last-notify';
import { bearableEarly, noSuchDialog, tooEarly } from './own-answers';
import { beginsDialog, makesDialogs } from './dialog-makers';
import type { OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';

/** Dialogs of one Call-ID: the forks of a PBX behind one connection. */
const mostForks = 16;

/** A NOTIFY may overtake the 2xx to its SUBSCRIBE (RFC 6665 §4.1.2.4): so many wait for it, and so long (ms). */
const mostHeld = 4;
const holdMs = 2000;

/** Last NOTIFYs without an answer. */
const mostLast = 16;

/** A dialog of a UE that the SIP server holds as established. */
export interface EstablishedDialog {
  readonly callId: string;
  readonly ueTag: string;
  readonly serverTag: string;
}

interface Dialogs {
  /** Those with a 2xx, each as the tags of UE and server. */
  readonly confirmed: Set<string>;
  /** Branch of the server's INVITE that begins it, and whether the UE has sent its final response, or refused it. */
  invite: { readonly branch: string; isAnswered: boolean; isRefused: boolean } | undefined;
  /** Of a SUBSCRIBE for the UE: the NOTIFYs that wait until the dialog is confirmed. */
  readonly held: Map<SipMessage, NodeJS.Timeout> | undefined;
}

export interface UeDialogsOptions {
  /** Call-IDs; beyond, the oldest is forgotten. */
  limit: number;
  /** What requests that wait may take together. */
  heldBytes: number;
  /** Sends a request that waited on to the server. */
  send(request: SipMessage): void;
  /** Answers one that waited in vain. */
  refuse(request: SipMessage, answer: OwnResponse): void;
  /** A dialog of this Call-ID begins at the server; after the last of them, `forgotten` tells. */
  begun(callId: string): void;
  /** There is no dialog of this Call-ID any more. */
  forgotten(callId: string): void;
}

/**
 * The dialogs that a UE has with the SIP server over one connection, and whether they are more than early.
 *
 * drachtio-server 0.9.10 hands a request inside an early dialog to the app as one outside of dialogs, and frees what the
 * app's answer needs: its process ends, with the calls of all UEs (measured). Others it never answers. So what the UE sends inside a
 * dialog goes on only once the server is known to hold that dialog as confirmed. What is not known counts as early.
 * Without a To tag, too, a request is inside of it to the server, by Call-ID and From tag [08m].
 */
export class UeDialogs {
  readonly #options: UeDialogsOptions;
  /** By Call-ID, the oldest first. */
  readonly #calls = new Map<string, Dialogs>();
  /** Last NOTIFYs of the UE that have no answer, by Call-ID and CSeq. */
  readonly #last = new Set<string>();
  /** What requests that wait take. */
  #heldBytes = 0;

  constructor(options: UeDialogsOptions) {
    this.#options = options;
  }

  /**
   * The answer to a request of the UE that the server must not see; an ACK among them is to be dropped. Not for what
   * belongs to an INVITE transaction: CANCEL, and the ACK of a refusal.
   */
  refusal(request: SipMessage): OwnResponse | undefined {
    const { method, callId } = request;
    const peerTag = request.toTag;
    if (bearableEarly.has(method)) return undefined;
    const known = this.#calls.get(callId);
    if (peerTag === undefined) {
      // Another INVITE may be another fork of it.
      if (known === undefined || method === 'INVITE') return undefined;
      return known.confirmed.size === 0 ? tooEarly : noSuchDialog;
    }
    if (known?.confirmed.has(tagsOf(request)) === true) return undefined;
    if (known !== undefined && this.#mayHold(request, known)) return undefined;
    if (known !== undefined && (known.confirmed.size === 0 || method === 'INVITE')) return tooEarly;
    // The server answers a re-INVITE outside of its dialogs itself.
    return method === 'INVITE' ? undefined : noSuchDialog;
  }

  /** Keeps a request that was not refused back until its dialog is confirmed; false: it can go on now. */
  hold(request: SipMessage): boolean {
    const known = this.#calls.get(request.callId);
    if (known?.held === undefined || !this.#mayHold(request, known)) return false;
    const { held } = known;
    const inVain = () => {
      this.#letGo(request, held);
      this.#options.refuse(request, tooEarly);
    };
    held.set(request, setTimeout(inVain, holdMs));
    this.#heldBytes += sizeOf(request);
    return true;
  }

  /** Whether there is a dialog of this Call-ID, or may be one. */
  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** Whether a dialog of this Call-ID has its 2xx, and has not ended. */
  isEstablished(callId: string): boolean {
    return (this.#calls.get(callId)?.confirmed.size ?? 0) > 0;
  }

  /** Takes note of a request on its way to the server. */
  requestFromUe(request: SipMessage): void {
    if (isLastNotify(request) && this.#last.size < mostLast) this.#last.add(exchangeOf(request));
    if (beginsDialog(request)) this.#begin(request.callId, undefined);
    else if (request.method === 'BYE' || isLastNotify(request)) this.#end(request.callId, tagsOf(request));
  }

  /**
   * Takes note of a request on its way to the UE. That the server took the UE's 2xx to an INVITE is known by its ACK: the
   * 2xx itself proves nothing, for the server may find fault with any of its headers.
   */
  requestFromServer(request: SipMessage): void {
    const { method, callId } = request;
    const ueTag = request.toTag;
    const tags = pair(ueTag, request.fromTag);
    if (beginsDialog(request)) {
      const known = this.#begin(callId, method === 'SUBSCRIBE' ? new Map<SipMessage, NodeJS.Timeout>() : undefined);
      if (method !== 'INVITE') return;
      known.invite = { branch: detached(request.topVia?.branch ?? ''), isAnswered: false, isRefused: false };
    } else if (method === 'ACK') this.#acknowledged(callId, tags);
    else if (method === 'BYE' || isLastNotify(request)) this.#end(callId, tags);
  }

  /** Takes note of a response to the UE, which may be changed. */
  responseFromServer(response: SipMessage): void {
    if (this.#last.delete(exchangeOf(response))) mendAnswerToLastNotify(response);
    if (!makesDialogs(response.cseq?.method) || response.status < 200) return;
    const { callId } = response;
    if (response.status < 300) this.#confirm(callId, pair(response.fromTag, response.toTag));
    else if (this.#calls.get(callId)?.confirmed.size === 0) this.#forget(callId);
  }

  /**
   * Takes note of a response to the server, with the server's Via on top. False: it comes after the final response to an
   * INVITE that begins a call, and must not pass: by a late 180 an established dialog would be an early one to the server.
   */
  responseFromUe(response: SipMessage): boolean {
    const { invite } = this.#calls.get(response.callId) ?? {};
    const { status, cseq } = response;
    // A CANCEL has the branch of its INVITE, and its 200 is no answer to that (RFC 3261 §9.1).
    const isToInvite = cseq?.method === 'INVITE' && response.topVia?.branch === invite?.branch;
    if (invite === undefined || !isToInvite) return true;
    const isSuccess = status >= 200 && status < 300;
    // Another 2xx is a repetition, or that of another fork.
    if (invite.isAnswered && !isSuccess) return false;
    invite.isAnswered ||= status >= 200;
    invite.isRefused ||= status >= 300;
    return true;
  }

  /** The app got the UE's 2xx to a SUBSCRIBE, which has no ACK. */
  established({ callId, ueTag, serverTag }: EstablishedDialog): void {
    this.#confirm(callId, pair(ueTag, serverTag));
  }

  /** Forgets all, what waits too. */
  close(): void {
    for (const callId of [...this.#calls.keys()]) this.#forget(callId);
  }

  #begin(callId: string, held: Dialogs['held']): Dialogs {
    const known = this.#calls.get(callId) ?? { confirmed: new Set<string>(), invite: undefined, held };
    const key = detached(callId);
    if (!this.#calls.delete(key)) this.#options.begun(key);
    this.#calls.set(key, known);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > this.#options.limit && oldest !== undefined) this.#forget(oldest);
    return known;
  }

  /** By the ACK to a refusal the server has no dialog, and says so of none. */
  #acknowledged(callId: string, tags: string): void {
    const { invite, confirmed } = this.#calls.get(callId) ?? {};
    if (invite?.isRefused !== true) this.#confirm(callId, tags);
    else if (confirmed?.size === 0) this.#forget(callId);
  }

  #confirm(callId: string, tags: string): void {
    const { confirmed, held } = this.#calls.get(callId) ?? {};
    if (confirmed === undefined || confirmed.size >= mostForks) return;
    confirmed.add(tags);
    for (const [request, timer] of held ?? []) {
      if (tagsOf(request) !== tags) continue;
      clearTimeout(timer);
      if (held) this.#letGo(request, held);
      this.#options.send(request);
    }
  }

  #end(callId: string, tags: string): void {
    const confirmed = this.#calls.get(callId)?.confirmed;
    if (confirmed?.delete(tags) === true && confirmed.size === 0) this.#forget(callId);
  }

  #mayHold(request: SipMessage, { confirmed, held }: Dialogs): boolean {
    if (request.method !== 'NOTIFY' || held === undefined || confirmed.size > 0) return false;
    return held.size < mostHeld && this.#heldBytes + sizeOf(request) <= this.#options.heldBytes;
  }

  #letGo(request: SipMessage, held: NonNullable<Dialogs['held']>): void {
    if (held.delete(request)) this.#heldBytes -= sizeOf(request);
  }

  #forget(callId: string): void {
    const { held } = this.#calls.get(callId) ?? {};
    for (const [request, timer] of held ?? []) {
      clearTimeout(timer);
      if (held) this.#letGo(request, held);
    }
    if (this.#calls.delete(callId)) this.#options.forgotten(callId);
  }
}

function sizeOf({ raw = '' }: SipMessage): number {
  return raw.length;
}

function exchangeOf({ callId, cseq }: SipMessage): string {
  return detached(`${callId} ${cseq?.number ?? ''} ${cseq?.method ?? ''}`);
}

/** Of a request of the UE inside a dialog. */
function tagsOf(request: SipMessage): string {
  return pair(request.fromTag, request.toTag);
}

function pair(ueTag: string | undefined, serverTag: string | undefined): string {
  return detached(`${ueTag ?? ''} ${serverTag ?? ''}`);
}
