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

/**
 * What is refused when this process is late (N4): first new calls, much later registrations. What belongs to a call
 * under way always goes on.
 */
export class LoadShedding {
  readonly #lagMs: () => number;
  readonly #isRefused = { call: false, registration: false };

  /** `lagMs`: how late this process is. */
  constructor(lagMs: () => number) {
    this.#lagMs = lagMs;
  }

  /** @throws EdgeError `overloaded` (503) */
  mustTake(what: 'call' | 'registration'): void {
    const lagMs = this.#lagMs();
    const { refuseAtMs, takeAtMs } = thresholds[what];
    this.#isRefused[what] = lagMs >= (this.#isRefused[what] ? takeAtMs : refuseAtMs);
    if (!this.#isRefused[what]) return;
    const message = `The edge is overloaded: it is ${Math.round(lagMs)} ms late.`;
    throw new EdgeError('overloaded', message, { sipStatus: 503 });
  }
}
