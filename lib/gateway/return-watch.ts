import type { GatewayLimits } from './limits';

/**
 * Sees that a UE, whose connection was nominated above its UDP, sends no media there any more. It may be back on UDP,
 * which only rtpengine sees: so that is asked, less and less often while nothing comes.
 */
export class ReturnWatch {
  readonly #limits: Pick<GatewayLimits, 'unheardMs' | 'unansweredMaxMs'>;
  readonly #unheard: (times: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #times = 0;

  constructor(limits: Pick<GatewayLimits, 'unheardMs' | 'unansweredMaxMs'>, unheard: (times: number) => void) {
    this.#limits = limits;
    this.#unheard = unheard;
  }

  /** @param carried packets of media that the connection has carried from the UE; undefined when it is gone */
  start(carried: () => number | undefined): void {
    this.stop();
    let before = carried();
    const look = () => {
      const now = carried();
      this.#times = now === before ? this.#times + 1 : 0;
      before = now;
      this.#timer = setTimeout(look, this.#pause).unref();
      if (this.#times > 0) this.#unheard(this.#times);
    };
    this.#timer = setTimeout(look, this.#pause).unref();
  }

  /** May be called twice. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#times = 0;
  }

  get #pause(): number {
    return Math.min(this.#limits.unheardMs * 2 ** Math.max(0, this.#times - 1), this.#limits.unansweredMaxMs);
  }
}
