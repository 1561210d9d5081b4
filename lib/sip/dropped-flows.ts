import { Newest } from '../newest';
import { flowKey, type Flow } from './flow-token';

/**
 * Flows that were a UE's and are so no more, and over which somebody can still be reached: a token of theirs has to lead
 * nowhere (RFC 5626 §5.3). Who loses his registration once more takes the place of the one who lost it first.
 */
export class DroppedFlows {
  readonly #keys: Newest<string>;

  constructor(most = 50_000) {
    this.#keys = new Newest(most);
  }

  add(flow: Flow): void {
    this.#keys.set(flowKey(flow), true);
  }

  delete(flow: Flow): void {
    this.#keys.delete(flowKey(flow));
  }

  has(flow: Flow): boolean {
    return this.#keys.has(flowKey(flow));
  }
}
