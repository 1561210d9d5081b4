import type { CallLegs } from './call-legs';

/** How often a rollback that failed is tried again, each time after twice as long. */
const retries = 4;

/**
 * Puts the media of a call back to what it was before an offer that was refused (RFC 3261 §14.1). Where rtpengine does not
 * do it, it is asked again; a call whose media cannot be put back ends, for its ends disagree about it.
 */
export class MediaRollback {
  readonly #legs: CallLegs;
  readonly #isOffering: () => boolean;

  /** `isOffering`: another offer is under way, whose outcome decides about the media. */
  constructor(legs: CallLegs, isOffering: () => boolean) {
    this.#legs = legs;
    this.#isOffering = isOffering;
  }

  /** Resolves after the first try. Never rejects. */
  async run(tried = 0): Promise<void> {
    const again = () => {
      if (!this.#isOffering()) void this.run(tried + 1);
    };
    try {
      await this.#legs.call.media.rollback();
    } catch (error) {
      if (this.#legs.call.ended) return;
      this.#legs.warn({ err: error }, 'media is not as it was before the refused offer');
      if (tried === retries) this.#legs.fail(error);
      else this.#legs.timer(this.#legs.edge.timers.rollback * 2 ** tried, again);
    }
  }
}
