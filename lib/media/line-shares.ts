import { EdgeError } from '../errors';
import { Holdings } from '../shares/holdings';
import type { ShareLimits } from '../shares/limits';
import { retryAfter } from '../shares/retry-after';
import type { Side } from './media-anchor';

/** The media lines of all calls, each charged to the call's UE: what they take of ports is its share (N3). */
export class HeldLines {
  readonly lines = new Holdings();
  readonly messageLines = new Holdings();
}

/** What one call has taken of its UE's share. */
export class CallLines {
  /** Lines of the call that are carried; the ones behind them are declined. */
  readonly most: number;
  /** Of them, those for MSRP. */
  readonly mostMessageLines: number;
  readonly #owner: string;
  readonly #limits: ShareLimits['ue'];
  readonly #held: HeldLines;
  #lines = 0;

  /** @param owner whose call it is: it is charged with all calls that name it */
  constructor(owner: string, limits: ShareLimits, held: HeldLines) {
    this.#owner = owner;
    this.#limits = limits.ue;
    this.most = limits.linesOfCall;
    this.mostMessageLines = limits.messageLinesOfCall;
    this.#held = held;
  }

  /**
   * The call has so many lines at rtpengine, which keeps each that it was shown once.
   * @throws EdgeError `too-many-lines`: 503 to the UE, 486 to the core; what was held stays
   */
  hold(lines: number, from: Side): void {
    const more = Math.max(0, lines - this.#lines);
    if (!this.#held.lines.take(this.#owner, this.#limits.lines, more)) throw tooMany(from);
    this.#lines += more;
  }

  /** @throws EdgeError as {@link hold} */
  takeMessageLine(from: Side): void {
    if (!this.#held.messageLines.take(this.#owner, this.#limits.messageLines)) throw tooMany(from);
  }

  giveBackMessageLine(): void {
    this.#held.messageLines.giveBack(this.#owner);
  }

  /** rtpengine has nothing of the call any more. */
  release(): void {
    this.#held.lines.giveBack(this.#owner, this.#lines);
    this.#lines = 0;
  }
}

function tooMany(from: Side): EdgeError {
  const verdict = from === 'access' ? { sipStatus: 503, retryAfter: retryAfter() } : { sipStatus: 486 };
  return new EdgeError('too-many-lines', 'The UE has as many media lines as it may have.', verdict);
}
