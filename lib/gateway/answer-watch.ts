import type { ConnectionStatus } from './forwarding-plane';
import type { GatewayLimits } from './limits';

type Packets = Pick<ConnectionStatus, 'toAnchor' | 'fromAnchor'>;

/**
 * Sees that the UE uses a connection, and that rtpengine sends nothing to it. That may be a silent far end; or the media
 * goes elsewhere, which only rtpengine knows, and asking it costs: so it is asked less and less often while nothing comes.
 */
export class AnswerWatch {
  readonly #limits: GatewayLimits;
  #toAnchor: number;
  #fromAnchor: number;
  /** When packets from rtpengine were last seen to have come, ms. */
  #answeredAt: number;
  #usedAt = -Infinity;
  #askedAt = -Infinity;
  #pause: number;

  constructor(limits: GatewayLimits, { toAnchor, fromAnchor }: Packets, now: number) {
    this.#limits = limits;
    this.#toAnchor = toAnchor;
    this.#fromAnchor = fromAnchor;
    this.#answeredAt = now;
    this.#pause = limits.unansweredMs;
  }

  /** The UE was seen to use the connection. */
  get wasUsed(): boolean {
    return this.#usedAt > -Infinity;
  }

  /** The UE nominated the connection once more: it uses it, even if it sends no media. */
  used(now: number): void {
    this.#usedAt = now;
  }

  /** What has passed until now. */
  passed({ toAnchor, fromAnchor }: Packets, now: number): void {
    if (toAnchor !== this.#toAnchor) this.#usedAt = now;
    this.#toAnchor = toAnchor;
    if (fromAnchor === this.#fromAnchor) return;
    this.#fromAnchor = fromAnchor;
    this.#answeredAt = now;
    this.#pause = this.#limits.unansweredMs;
  }

  /** Whether rtpengine is to be asked where it sends the media. */
  isDue(now: number): boolean {
    const since = Math.max(this.#answeredAt, this.#askedAt);
    if (this.#usedAt <= since || now - since < this.#pause) return false;
    this.#askedAt = now;
    this.#pause = Math.min(this.#pause * 2, this.#limits.unansweredMaxMs);
    return true;
  }
}
