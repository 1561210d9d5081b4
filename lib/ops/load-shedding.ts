import { EdgeError } from '../errors';

/** At which lag of the event loop something is refused, and at which it is taken again; ms. */
interface Threshold {
  refuseAtMs: number;
  takeAtMs: number;
}

/**
 * Under these, calls go before registrations: a UE that cannot register comes back at once, and the call that it is in
 * would end.
 */
const thresholds: { call: Threshold; registration: Threshold } = {
  call: { refuseAtMs: 150, takeAtMs: 50 },
  registration: { refuseAtMs: 600, takeAtMs: 200 },
};

/** Bytes for the SIP server that it has not read: beyond, what is under way has to be told before anything new. */
const mostUnread = 1_048_576;

const unheard = 'The SIP server does not read what it is told.';

/**
 * What is refused when this process is late (N4): first new calls, much later registrations; and when the SIP server does
 * not read, all that is new. What belongs to a call under way always goes on.
 */
export class LoadShedding {
  readonly #lagMs: () => number;
  readonly #unread: () => number;
  readonly #isRefused = { call: false, registration: false };

  /** `lagMs`: how late this process is; `unread`: bytes that the SIP server has not read. */
  constructor(lagMs: () => number, unread: () => number) {
    this.#lagMs = lagMs;
    this.#unread = unread;
  }

  /** Why new calls are refused now, as a sentence; undefined: they are not. */
  get refusal(): string | undefined {
    return this.#isUnheard ? unheard : this.#lateness('call');
  }

  /** @throws EdgeError `overloaded` (503) */
  mustBeHeard(): void {
    if (this.#isUnheard) throw new EdgeError('overloaded', unheard);
  }

  /** @throws EdgeError `overloaded` (503) */
  mustTake(what: 'call' | 'registration'): void {
    this.mustBeHeard();
    const lateness = this.#lateness(what);
    if (lateness !== undefined) throw new EdgeError('overloaded', lateness);
  }

  get #isUnheard(): boolean {
    return this.#unread() >= mostUnread;
  }

  #lateness(what: 'call' | 'registration'): string | undefined {
    const lagMs = this.#lagMs();
    const { refuseAtMs, takeAtMs } = thresholds[what];
    this.#isRefused[what] = lagMs >= (this.#isRefused[what] ? takeAtMs : refuseAtMs);
    return this.#isRefused[what] ? `The edge is overloaded: it is ${Math.round(lagMs)} ms late.` : undefined;
  }
}
