import type { Sdp } from '../sdp/sdp';
import type { ShownSdp } from './call-at-rtpengine';
import type { CompleteExchange, Exchange } from './exchange';
import { otherSide, type Side } from './media-anchor';

/** The offers and answers of one call: which is the last, which the last with an answer, and what that left agreed. */
export class CallExchanges {
  #count = 0;
  #last: Exchange | undefined;
  #complete: CompleteExchange | undefined;
  #agreed: Partial<Record<Side, Sdp>> = {};

  /** With an answer or not. */
  get last(): Exchange | undefined {
    return this.#last;
  }

  /** The last one with an answer. */
  get complete(): CompleteExchange | undefined {
    return this.#complete;
  }

  /** The same, while no offer waits for an answer. */
  get settled(): CompleteExchange | undefined {
    return this.#last === this.#complete?.exchange ? this.#complete : undefined;
  }

  /** The number of the offer to come. */
  get next(): number {
    return this.#count + 1;
  }

  /** What a side was understood to say in the last complete exchange. */
  agreed(side: Side): Sdp | undefined {
    return this.#agreed[side];
  }

  begin(exchange: Exchange): void {
    this.#count = exchange.number;
    this.#last = exchange;
  }

  conclude(exchange: Exchange, answer: ShownSdp, sdp: Sdp): void {
    this.#complete = { exchange, answer };
    this.#agreed = { [exchange.from]: exchange.offer, [otherSide(exchange.from)]: sdp };
  }

  /** The last offer gets no answer. */
  takeBack(): void {
    this.#last = this.#complete?.exchange;
  }
}
