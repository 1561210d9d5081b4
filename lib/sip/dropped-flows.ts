import { flowKey, type Flow } from './flow-token';

/**
 * Flows that were a UE's and are so no more, and over which somebody can still be reached: a token of theirs has to lead
 * nowhere (RFC 5626 §5.3). Who loses his registration once more takes the place of the one who lost it first.
 */
export class DroppedFlows {
  readonly #most: number;
  /** The oldest first. */
  readonly #keys = new Set<string>();

  constructor(most = 50_000) {
    this.#most = most;
  }

  add(flow: Flow): void {
    this.delete(flow);
    const [oldest] = this.#keys;
    if (this.#keys.size >= this.#most && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(flowKey(flow));
  }

  delete(flow: Flow): void {
    this.#keys.delete(flowKey(flow));
  }

  has(flow: Flow): boolean {
    return this.#keys.has(flowKey(flow));
  }
}
