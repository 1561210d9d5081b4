import { randomBytes } from 'node:crypto';
import { Newest } from '../newest';
import type { CandidatePair } from './candidate-pair';

/** Times of consent checks, in ms. */
export interface ConsentTiming {
  /** Between two checks, on average; each pause is 0.8 to 1.2 times this (RFC 7675 §5.1). */
  interval: number;
  /** With a check this long unanswered, a TCP connection is given up for a new one. */
  patience: number;
  /** With no answer this long, nothing more is sent (RFC 7675 §5.1). */
  expiry: number;
}

export const consentTiming: Readonly<ConsentTiming> = { interval: 5000, patience: 10_000, expiry: 30_000 };

/** One whose answer can no longer come is forgotten with the oldest ones. */
const mostChecks = 32;

/** A consent check that waits for its answer. */
interface ConsentCheck {
  readonly pair: CandidatePair;
  /** ms */
  readonly sentAt: number;
}

/**
 * Whether the peer still wants what is sent to it on the selected pair (RFC 7675 §5.1). It has no clock: the time
 * comes with each call, in ms.
 */
export class Consent {
  readonly #timing: ConsentTiming;
  readonly #random: () => number;
  /** By transaction. */
  readonly #checks = new Newest<string, ConsentCheck>(mostChecks);
  #nextAt = 0;
  #answeredAt = -Infinity;
  /** When the oldest check since the last answer was sent. */
  #askedAt: number | undefined;

  /** @param random 0 up to 1 */
  constructor(timing: ConsentTiming = consentTiming, random: () => number = Math.random) {
    this.#timing = timing;
    this.#random = random;
  }

  isDue(now: number): boolean {
    return now >= this.#nextAt;
  }

  /** A check is sent on the selected pair: its transaction, 12 random bytes. */
  ask(pair: CandidatePair, now: number): Buffer {
    this.#askedAt ??= now;
    this.#wait(now);
    const transactionId = randomBytes(12);
    this.#checks.set(transactionId.toString('hex'), { pair, sentAt: now });
    return transactionId;
  }

  checkOf(transactionId: Buffer): ConsentCheck | undefined {
    return this.#checks.get(transactionId.toString('hex'));
  }

  /** The peer answered a check of whatever kind. */
  answered(transactionId: Buffer, now: number): void {
    this.#checks.delete(transactionId.toString('hex'));
    this.#answeredAt = now;
    this.#askedAt = undefined;
  }

  /** A pair was selected, by a check that was answered, which counts as the first one of consent. */
  selected(now: number): void {
    this.#wait(now);
  }

  /** The peer may be out of reach. */
  isSilent(now: number): boolean {
    return this.#askedAt !== undefined && now - this.#askedAt >= this.#timing.patience;
  }

  hasExpired(now: number): boolean {
    return now - this.#answeredAt > this.#timing.expiry;
  }

  #wait(now: number): void {
    this.#nextAt = now + this.#timing.interval * (0.8 + 0.4 * this.#random());
  }
}
