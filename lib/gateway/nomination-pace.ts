import type { GatewayLimits } from './limits';

/**
 * How fast the UE of one stream may have new connections nominated: each time rtpengine keeps a candidate for the rest of
 * the call, and is asked where the media goes.
 */
export class NominationPace {
  readonly #limits: Pick<GatewayLimits, 'nominationsAtOnce' | 'nominationEveryMs'>;
  #left: number;
  #at: number;

  /** @param now ms, rising */
  constructor(limits: Pick<GatewayLimits, 'nominationsAtOnce' | 'nominationEveryMs'>, now: number) {
    this.#limits = limits;
    this.#left = limits.nominationsAtOnce;
    this.#at = now;
  }

  /** Takes one; false if it is too early for another. */
  take(now: number): boolean {
    const { nominationsAtOnce, nominationEveryMs } = this.#limits;
    this.#left = Math.min(nominationsAtOnce, this.#left + (now - this.#at) / nominationEveryMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
