import { createHash, randomBytes } from 'node:crypto';

/**
 * How the calls of one edge are named at rtpengine: `edge80-<edge>-<process>-<call>`. So an edge that starts again knows
 * the calls that it left, of those of its own, and of other edges at the same rtpengine.
 */
export class CallNames {
  readonly #ofEdge: string;
  readonly #ofProcess: string;

  /** `edge`: what tells this edge from any other, and stays the same when it starts again. */
  constructor(edge: string) {
    this.#ofEdge = `edge80-${createHash('sha256').update(edge).digest('hex').slice(0, 12)}-`;
    this.#ofProcess = `${this.#ofEdge}${randomBytes(4).toString('hex')}-`;
  }

  of(call: string): string {
    return `${this.#ofProcess}${call}`;
  }

  /** Whether a former process of this edge named it. */
  isLeft(name: string): boolean {
    return name.startsWith(this.#ofEdge) && !name.startsWith(this.#ofProcess);
  }
}
