import { Newest } from '../newest';
import { randomBytes } from 'node:crypto';
import { buildBindingRequest } from '../ice/binding';
import type { CandidatePair } from './candidate-pair';
import type { Check } from './check-list';
import { reflexivePriority } from './host-candidates';

/** A Binding request on its way. */
export interface CheckTransaction {
  readonly id: string;
  /** Undefined for a consent check (RFC 7675). */
  readonly check: Check | undefined;
  readonly pair: CandidatePair;
  readonly request: Buffer;
  /** ms; of the newest transmission. */
  sentAt: number;
}

/** One whose answer can no longer come is forgotten with the oldest ones. */
const maxTransactions = 256;

/** The STUN transactions of one stream that wait for an answer. */
export class CheckTransactions {
  /** Whom the requests are for (RFC 8445 §7.2.2). */
  remote = { ufrag: '', pwd: '' };
  readonly #localUfrag: string;
  readonly #tieBreaker: bigint;
  readonly #byId = new Newest<string, CheckTransaction>(maxTransactions);

  constructor(localUfrag: string, tieBreaker: bigint) {
    this.#localUfrag = localUfrag;
    this.#tieBreaker = tieBreaker;
  }

  /** Writes the request of a check, or of a consent check where there is none; `now` in ms. */
  open(check: Check | undefined, pair: CandidatePair, now: number): CheckTransaction {
    const transactionId = randomBytes(12);
    const request = buildBindingRequest({
      transactionId,
      username: `${this.remote.ufrag}:${this.#localUfrag}`,
      password: this.remote.pwd,
      priority: reflexivePriority(pair.local),
      useCandidate: check?.nominating ?? false,
      tieBreaker: this.#tieBreaker,
    });
    const transaction = { id: transactionId.toString('hex'), check, pair, request, sentAt: now };
    this.#byId.set(transaction.id, transaction);
    return transaction;
  }

  /** The one that an answer with this transaction id belongs to. */
  of(transactionId: Buffer): CheckTransaction | undefined {
    return this.#byId.get(transactionId.toString('hex'));
  }

  ofCheck(check: Check): CheckTransaction | undefined {
    return [...this.#byId.values()].find((known) => known.check === check);
  }

  /** The checks under way on a pair. */
  checksOn(pair: CandidatePair): Check[] {
    return [...this.#byId.values()].flatMap(({ check, pair: on }) =>
      on === pair && check !== undefined ? [check] : [],
    );
  }

  end({ id }: CheckTransaction): void {
    this.#byId.delete(id);
  }

  clear(): void {
    this.#byId.clear();
  }
}
