import { newRSeq } from './ids';
import { limits } from './limits';
import type { SipMessage } from '../wire/sip-message';
import type { ServerTransaction } from './server-transaction';
import type { Stop, Timers } from './timers';

/** RAck, RFC 3262 §7.2. */
export interface RAck {
  readonly rseq: number;
  readonly cseq: number;
}

export function parseRAck(text: string | undefined): RAck | undefined {
  const match = /^(\d+)\s+(\d+)\s+INVITE$/.exec(text ?? '');
  return match ? { rseq: Number(match[1]), cseq: Number(match[2]) } : undefined;
}

/**
 * Reliable provisional responses to one INVITE (RFC 3262 §3): each is repeated until its PRACK, and what the app
 * sends after it waits.
 */
export class ReliableProvisionals {
  readonly #invite: ServerTransaction;
  readonly #timers: Timers;
  readonly #unacknowledged: () => void;
  readonly #queue: (() => void)[] = [];
  #rseq = newRSeq();
  #outstanding: number | undefined;
  #stopRepeat: Stop = () => undefined;
  #stopWaiting: Stop = () => undefined;

  /** @param unacknowledged told when no PRACK came within 64 * T1. */
  constructor(invite: ServerTransaction, timers: Timers, unacknowledged: () => void) {
    this.#invite = invite;
    this.#timers = timers;
    this.#unacknowledged = unacknowledged;
  }

  get isWaiting(): boolean {
    return this.#outstanding !== undefined;
  }

  /** Whether one more may wait. */
  get hasRoom(): boolean {
    return this.#queue.length < limits.queuedProvisionals;
  }

  /** To run when the PRACK of what is outstanding has come. */
  defer(action: () => void): void {
    this.#queue.push(action);
  }

  /** Sends it now; nothing may be outstanding. Returns it as sent. */
  send(response: SipMessage): string {
    const rseq = this.#rseq++;
    this.#outstanding = rseq;
    response.add('RSeq', String(rseq));
    const text = this.#invite.send(response);
    const { t1, transaction } = this.#timers.times;
    if (this.#invite.flow.local.transport === 'udp') {
      const again = () => this.#invite.flow.send(text);
      this.#stopRepeat = this.#timers.repeat(t1, Number.POSITIVE_INFINITY, again);
    }
    this.#stopWaiting = this.#timers.after(transaction, () => {
      this.stop();
      this.#unacknowledged();
    });
    return text;
  }

  /** Whether a PRACK is for what is outstanding; if so the repeats end. Call `next` once it is dealt with. */
  acknowledge(rack: RAck | undefined): boolean {
    const cseq = this.#invite.request.cseq?.number;
    if (rack === undefined || rack.rseq !== this.#outstanding || rack.cseq !== cseq) return false;
    this.#outstanding = undefined;
    this.#stopRepeat();
    this.#stopWaiting();
    return true;
  }

  /** Lets go what waited: up to the next reliable response. */
  next(): void {
    while (this.#outstanding === undefined) {
      const action = this.#queue.shift();
      if (!action) return;
      action();
    }
  }

  stop(): void {
    this.#stopRepeat();
    this.#stopWaiting();
    this.#queue.length = 0;
    this.#outstanding = undefined;
  }
}
