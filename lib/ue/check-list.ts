import { randomBytes } from 'node:crypto';
import type { CandidatePair } from './candidate-pair';

/** Times of connectivity checks, all in ms. */
export interface CheckTiming {
  /** First retransmission of a UDP check; doubles with each one (RFC 8489 §6.2.1). */
  rto: number;
  /** Requests of one UDP check in all, Rc of RFC 8489 §6.2.1. */
  attempts: number;
  /** How many `rto` to wait after the last one, Rm of RFC 8489 §6.2.1. */
  lastWait: number;
  /** A TCP check, connecting included, fails after this; Ti of RFC 8489 §6.2.2. */
  tcpTimeout: number;
  /** After the first valid pair, how long a better one is waited for. */
  nominationDelay: number;
  /** With no valid pair after this, the stream has no path. */
  giveUp: number;
}

export const checkTiming: Readonly<CheckTiming> = {
  rto: 500,
  attempts: 7,
  lastWait: 16,
  tcpTimeout: 39_500,
  nominationDelay: 500,
  giveUp: 15_000,
};

/** One connectivity check under way: a STUN transaction on a pair (RFC 8445 §7.2.2). */
export interface Check {
  readonly pair: CandidatePair;
  /** With USE-CANDIDATE: its success selects the pair (RFC 8445 §8.1.1, regular nomination). */
  readonly nominating: boolean;
  /** 12 random bytes, the same in each request. */
  readonly transactionId: Buffer;
  /** Requests sent so far. */
  attempt: number;
  /** When the newest one was, ms. */
  sentAt: number;
}

type PairState = 'waiting' | 'in-progress' | 'succeeded' | 'failed';

/** What became of a pair, for a person who wants to know why there is no path. */
export interface PairOutcome {
  readonly pair: CandidatePair;
  state: PairState;
  /** Why it failed. */
  reason: string | undefined;
  /** UDP requests sent on this pair without any answer. */
  unanswered: number;
}

interface Entry extends PairOutcome {
  check: Check | undefined;
  /** When the check under way is to be sent again, or given up if it was the last time. */
  dueAt: number;
}

/**
 * Decides which check of one stream comes next and which pair is nominated. It has no socket and no
 * clock: the time comes with each call, in ms. No pair starts frozen (RFC 8445 §6.1.2.6): a stream
 * has one component here, and a lite peer's streams have nothing to learn from each other.
 *
 * Nomination is regular: the best valid pair is nominated once every better one has failed, or
 * `nominationDelay` after the first pair turned valid. So an open UDP path wins over TCP 80 even when
 * its first check was lost, and a blocked one costs no more than that delay.
 */
export class CheckList {
  readonly #entries: Entry[];
  readonly #timing: CheckTiming;
  #startedAt: number | undefined;
  #firstValidAt: number | undefined;
  #selected: CandidatePair | undefined;
  #givenUp = false;

  constructor(pairs: readonly CandidatePair[], timing: CheckTiming = checkTiming) {
    this.#timing = timing;
    this.#entries = pairs.map((pair) => {
      return { pair, state: 'waiting', reason: undefined, check: undefined, dueAt: 0, unanswered: 0 };
    });
  }

  /** The nominated pair whose nomination was answered. */
  get selected(): CandidatePair | undefined {
    return this.#selected;
  }

  get failed(): boolean {
    return this.#selected === undefined && (this.#givenUp || this.#entries.every(({ state }) => state === 'failed'));
  }

  get outcomes(): readonly Readonly<PairOutcome>[] {
    return this.#entries;
  }

  get udpOutcomes(): readonly Readonly<PairOutcome>[] {
    return this.outcomes.filter(({ pair }) => pair.path === 'udp');
  }

  /**
   * Checks whose request is to be sent again now; those that ran out of attempts fail and are in
   * `failed`. Retransmissions have times of their own, not the pace of new checks (RFC 8445 §14.3).
   */
  due(now: number): { again: Check[]; failed: Check[] } {
    const again: Check[] = [];
    const failed: Check[] = [];
    for (const entry of this.#entries) {
      const { check } = entry;
      if (check === undefined || entry.dueAt > now) continue;
      const spent = entry.pair.local.transport === 'tcp' || check.attempt >= this.#timing.attempts;
      if (spent) {
        this.failure(check, 'no answer');
        failed.push(check);
      } else {
        this.#sent(entry, check, now);
        again.push(check);
      }
    }
    if (this.#startedAt !== undefined && this.#firstValidAt === undefined) {
      this.#givenUp ||= now - this.#startedAt >= this.#timing.giveUp;
    }
    return { again, failed };
  }

  /** The new check whose turn it is, if there is one; to be called once per pacing interval Ta. */
  next(now: number): Check | undefined {
    if (this.#selected !== undefined || this.failed) return undefined;
    this.#startedAt ??= now;
    const nominee = this.#nominee(now);
    if (nominee !== undefined) return this.#start(nominee, true, now);
    if (this.#entries.some(({ check }) => check?.nominating === true)) return undefined;
    const waiting = this.#entries.find(({ state }) => state === 'waiting');
    return waiting === undefined ? undefined : this.#start(waiting, false, now);
  }

  /** The check under way on a pair. */
  checkOn(pair: CandidatePair): Check | undefined {
    return this.#entries.find((known) => known.pair === pair)?.check;
  }

  /** An authenticated success response came for this check; says whether it selected the pair. */
  success(check: Check, now: number): boolean {
    const entry = this.#entryOf(check);
    if (entry === undefined) return false;
    entry.check = undefined;
    entry.state = 'succeeded';
    entry.unanswered = 0;
    this.#firstValidAt ??= now;
    if (!check.nominating || this.#selected !== undefined) return false;
    this.#selected = check.pair;
    for (const other of this.#entries) other.check = undefined;
    return true;
  }

  /** The check failed: by silence, by a refused connection, or by an error response, for which `answered` is true. */
  failure(check: Check, reason: string, answered = false): void {
    const entry = this.#entryOf(check);
    if (entry === undefined) return;
    if (answered) entry.unanswered = 0;
    this.unusable(check.pair, reason);
  }

  /** A pair that was valid is so no more: its connection was closed. */
  unusable(pair: CandidatePair, reason: string): void {
    const entry = this.#entries.find((known) => known.pair === pair);
    if (entry === undefined || pair === this.#selected) return;
    entry.check = undefined;
    entry.state = 'failed';
    entry.reason = reason;
    if (!this.#entries.some(({ state }) => state === 'succeeded')) this.#firstValidAt = undefined;
  }

  /**
   * The selected pair's connection is gone: checks and selects that pair anew (RFC 6544 §11.1). Other
   * pairs are given up: they lost against it once, and media must not wait for them again.
   */
  reselect(pair: CandidatePair, now: number): void {
    this.#selected = undefined;
    this.#firstValidAt = undefined;
    this.#startedAt = now;
    this.#givenUp = false;
    for (const entry of this.#entries) {
      entry.check = undefined;
      entry.state = entry.pair === pair ? 'waiting' : 'failed';
    }
  }

  #nominee(now: number): Entry | undefined {
    if (this.#firstValidAt === undefined) return undefined;
    if (this.#entries.some(({ check }) => check?.nominating === true)) return undefined;
    const best = this.#entries.findIndex(({ state }) => state === 'succeeded');
    if (best < 0) return undefined;
    const betterOnesFailed = this.#entries.slice(0, best).every(({ state }) => state === 'failed');
    const waitedEnough = now - this.#firstValidAt >= this.#timing.nominationDelay;
    return betterOnesFailed || waitedEnough ? this.#entries[best] : undefined;
  }

  #start(entry: Entry, nominating: boolean, now: number): Check {
    const check: Check = { pair: entry.pair, nominating, transactionId: randomBytes(12), attempt: 0, sentAt: now };
    entry.check = check;
    if (!nominating) entry.state = 'in-progress';
    this.#sent(entry, check, now);
    return check;
  }

  #sent(entry: Entry, check: Check, now: number): void {
    check.attempt += 1;
    check.sentAt = now;
    const { rto, attempts, lastWait, tcpTimeout } = this.#timing;
    if (entry.pair.local.transport === 'tcp') {
      entry.dueAt = now + tcpTimeout;
      return;
    }
    entry.unanswered += 1;
    entry.dueAt = now + (check.attempt < attempts ? rto * 2 ** (check.attempt - 1) : rto * lastWait);
  }

  #entryOf(check: Check): Entry | undefined {
    return this.#entries.find((entry) => entry.check === check);
  }
}
