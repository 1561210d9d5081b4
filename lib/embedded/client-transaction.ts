import { randomUUID } from 'node:crypto';
import type { PeerFlow } from './peer-flow';
import { ackOfRefusal } from '../wire/cancel';
import type { SipMessage } from '../wire/sip-message';
import type { Stop, Timers } from './timers';

export interface ClientEvents {
  /**
   * Each response but 100 and repeats of a final one; of an INVITE each 2xx, for it may come from several forks
   * and again and again. `bytes` is its size as received.
   */
  response(response: SipMessage, flow: PeerFlow, bytes: number, transaction: ClientTransaction): void;
  /** No answer (408), no connection (503), or the remembered connection is gone (410). */
  failed(status: 408 | 503 | 410, transaction: ClientTransaction): void;
}

interface TableEvents extends ClientEvents {
  /** Timer C: the callee of an INVITE rings for ever. */
  rangTooLong(transaction: ClientTransaction): void;
  ended(transaction: ClientTransaction): void;
}

const done: Stop = () => undefined;

/** A request sent, until its answer (RFC 3261 §17.1). */
export class ClientTransaction {
  /** Under which the app knows it. */
  readonly txn = randomUUID();
  readonly request: SipMessage;
  readonly flow: PeerFlow;
  readonly method: string;
  readonly key: string;
  /** The request as sent. */
  readonly text: string;
  readonly #timers: Timers;
  readonly #events: TableEvents;
  readonly #isRegistered: boolean;
  state: 'calling' | 'proceeding' | 'completed' | 'terminated' = 'calling';
  #stopRepeat = done;
  #stopWaiting = done;
  #pendingCancel: (() => void) | undefined;
  isCancelled = false;
  #ack: string | undefined;

  /** `isRegistered`: the flow is the remembered connection of a registration. */
  constructor(request: SipMessage, flow: PeerFlow, timers: Timers, isRegistered: boolean, events: TableEvents) {
    this.request = request;
    this.flow = flow;
    this.method = request.method;
    this.key = clientKey(request);
    this.text = request.toString();
    this.#timers = timers;
    this.#events = events;
    this.#isRegistered = isRegistered;
  }

  /** Sends it. Failures come as events, never before this returns. */
  start(): void {
    const { t1, t2, transaction } = this.#timers.times;
    this.#stopWaiting = this.#timers.after(transaction, () => this.#fail(408));
    if (!this.flow.isOpen) {
      this.#stopWaiting();
      this.#stopWaiting = this.#timers.after(0, () => this.#fail(this.#isRegistered ? 410 : 503));
      return;
    }
    this.flow.send(this.text);
    if (this.flow.local.transport === 'udp') {
      // drachtio-server's first interval is twice T1.
      const cap = this.method === 'INVITE' ? Number.POSITIVE_INFINITY : t2;
      this.#stopRepeat = this.#timers.repeat(2 * t1, cap, () => this.flow.send(this.text));
    }
  }

  /** It has reached nobody. */
  undelivered(): void {
    this.#fail(503);
  }

  receive(response: SipMessage, flow: PeerFlow, bytes: number): void {
    const { status } = response;
    if (this.state === 'terminated') return;
    if (this.method === 'INVITE') this.#stopRepeat();
    if (status < 200) {
      if (this.state === 'completed') return;
      if (this.state === 'calling' && this.method !== 'INVITE') this.#slowDown();
      this.state = 'proceeding';
      if (this.method === 'INVITE') this.#awaitAnswer();
      this.#releaseCancel();
      if (status > 100) this.#events.response(response, flow, bytes, this);
      return;
    }
    const isRepeat = this.state === 'completed';
    this.#stopRepeat();
    this.#pendingCancel = undefined;
    if (!isRepeat) {
      this.state = 'completed';
      this.#stopWaiting();
      this.#stopWaiting = this.#timers.after(this.#timers.times.transaction, () => this.end());
    }
    if (this.method === 'INVITE' && status >= 300)
      this.flow.send((this.#ack ??= ackOfRefusal(this.request, response).toString()));
    if (!isRepeat || (this.method === 'INVITE' && status < 300)) this.#events.response(response, flow, bytes, this);
  }

  /**
   * Cancels an INVITE; before the first response it is held until that comes (RFC 3261 §9.1).
   * Returns whether it is held; `undefined` if there is nothing to cancel any more.
   */
  cancel(send: () => void): 'sent' | 'held' | undefined {
    if (this.state === 'completed' || this.state === 'terminated' || this.isCancelled) return undefined;
    this.isCancelled = true;
    if (this.state === 'calling') {
      this.#pendingCancel = send;
      return 'held';
    }
    this.#sendCancel(send);
    return 'sent';
  }

  end(): void {
    if (this.state === 'terminated') return;
    this.state = 'terminated';
    this.#stopRepeat();
    this.#stopWaiting();
    this.#events.ended(this);
  }

  /** After a provisional response a non-INVITE request is repeated at T2 only (RFC 3261 §17.1.2.2). */
  #slowDown(): void {
    if (this.flow.local.transport !== 'udp') return;
    this.#stopRepeat();
    const { t2 } = this.#timers.times;
    this.#stopRepeat = this.#timers.repeat(t2, t2, () => this.flow.send(this.text));
  }

  #releaseCancel(): void {
    const send = this.#pendingCancel;
    this.#pendingCancel = undefined;
    if (send) this.#sendCancel(send);
  }

  /** After a CANCEL the INVITE gets 64 * T1 more to be answered (RFC 3261 §9.1). */
  #sendCancel(send: () => void): void {
    this.#stopWaiting();
    this.#stopWaiting = this.#timers.after(this.#timers.times.transaction, () => this.#fail(408));
    send();
  }

  #awaitAnswer(): void {
    if (this.isCancelled) return;
    this.#stopWaiting();
    this.#stopWaiting = this.#timers.after(this.#timers.times.ringing, () => this.#events.rangTooLong(this));
  }

  #fail(status: 408 | 503 | 410): void {
    if (this.state === 'completed' || this.state === 'terminated') return;
    this.end();
    this.#events.failed(status, this);
  }
}

/** What a response and its request have in common (RFC 3261 §17.1.3). */
export function clientKey(message: SipMessage): string {
  return `${message.topVia?.branch ?? ''} ${message.cseq?.method ?? ''}`;
}
