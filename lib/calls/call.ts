import type { AddressFamily } from '../ip-address';
import type { CallMedia, MediaAnchor, MediaPath, StreamReport } from '../media/media-anchor';
import { monotonicNow } from '../ops/clock';
import type { Evidence } from './evidence';
import type { Ladder } from './ladder';
import { Witness, type WitnessListener } from './witness';

/** Who calls: the UE (`originating`) or the core (`terminating`). */
export type Direction = 'originating' | 'terminating';

/** Why a call ended; one word a case, for the log and the record. */
export type EndCause =
  | 'hung-up'
  | 'rejected'
  | 'cancelled'
  | 'unanswered'
  | 'not-acknowledged'
  | 'media-failed'
  | 'media-lost'
  | 'anchor-lost'
  | 'flow-failed'
  | 'flow-lost'
  | 'dialog-lost'
  | 'link-lost'
  | 'session-expired'
  | 'sip-error'
  | 'shutdown';

/**
 * What is left of a call. Its start is told by the system's clock, and its later times by what had passed since, so that
 * they differ by what the call took, whatever was done to that clock.
 */
export interface CallRecord extends CallFacts {
  /** Times in ms since the epoch. */
  answeredAt: number | undefined;
  endedAt: number;
  firstMedia: FirstMedia | undefined;
  cause: EndCause;
  streams: readonly StreamReport[];
}

/** When the first of its media lines had its way, and which that was. UDP is seen by looking now and then. */
export interface FirstMedia {
  /** Time in ms since the epoch. */
  at: number;
  path: MediaPath;
}

export interface CallFacts {
  /** Names the call toward the media anchor and in the log. */
  id: string;
  direction: Direction;
  /** Call-ID of the INVITE that started it. */
  sipCallId: string;
  /** URIs of From and To of that INVITE. */
  caller?: string;
  callee?: string;
  /** The UE's address, or that of the NAT it is behind. */
  ueAddress: string;
  /** The address family that the core speaks SIP on; unset: not known. */
  coreFamily?: AddressFamily | undefined;
  /** Whom the media of the call is charged to; unset: nobody but itself. */
  ue?: string | undefined;
  /** All names of the UE's user; unset: it is not registered. */
  users?: readonly string[] | undefined;
  /** An emergency call. */
  isEmergency?: boolean;
  /** Time in ms since the epoch. */
  startedAt: number;
}

/** One call: its record, its media and its one end. */
export class Call {
  readonly facts: CallFacts;
  readonly media: CallMedia;
  readonly witness: Witness;
  readonly #openedAt = monotonicNow();
  #answeredAt: number | undefined;
  #firstMedia: FirstMedia | undefined;
  readonly #onEnd = new Set<(cause: EndCause) => void>();
  #released: Promise<readonly StreamReport[]> | undefined;
  /** Undefined as long as the call lasts. */
  #endCause: EndCause | undefined;
  #endedAt: number | undefined;

  /** @throws as the anchor */
  constructor(facts: CallFacts, anchor: MediaAnchor, ladder: Ladder, listener?: WitnessListener) {
    this.facts = facts;
    const { id, ueAddress: address, coreFamily, ue: owner, users } = facts;
    this.media = anchor.open(id, { address, coreFamily, owner, users });
    this.witness = new Witness(this.media, ladder, () => this.#now(), listener);
    this.media.once('selected', ({ path }) => (this.#firstMedia = { at: this.#now(), path }));
  }

  get id(): string {
    return this.facts.id;
  }

  get ended(): boolean {
    return this.#endCause !== undefined;
  }

  /** Both ends have it from now on. */
  answered(): void {
    this.#answeredAt ??= this.#now();
    this.witness.note('edge', 'edge', 'answered');
  }

  /** Time in ms since the epoch; undefined for a call that was not answered. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  get firstMedia(): FirstMedia | undefined {
    return this.#firstMedia;
  }

  /** Time in ms since the epoch: now, as long as the call lasts. */
  get endedAt(): number {
    return this.#endedAt ?? this.#now();
  }

  /** Runs once, when the call ends; at once where it has. The function returned takes the listener away. */
  onEnd(listener: (cause: EndCause) => void): () => void {
    if (this.#endCause === undefined) this.#onEnd.add(listener);
    else listener(this.#endCause);
    return () => void this.#onEnd.delete(listener);
  }

  /**
   * The one way for a call to end, whatever ended it: tells the listeners and releases the media. Only the
   * first cause counts; false for all later ones.
   */
  end(cause: EndCause): boolean {
    if (this.#endCause !== undefined) return false;
    this.#endCause = cause;
    this.#endedAt = this.#now();
    this.witness.note('edge', 'edge', `ended: ${cause}`);
    this.#released = this.media.release();
    for (const listener of this.#onEnd) listener(cause);
    this.#onEnd.clear();
    return true;
  }

  /** @param streams what became of its media, or has so far */
  evidence(streams: readonly StreamReport[]): Evidence {
    const { lostAt, ...seen } = this.witness.seen;
    const end = this.endedAt;
    return {
      ...seen,
      ...{
        direction: this.facts.direction,
        isAnswered: this.#answeredAt !== undefined,
        cause: this.#endCause,
        streams,
      },
      seconds: this.#answeredAt === undefined ? 0 : (end - this.#answeredAt) / 1000,
      lostFor: lostAt === undefined ? undefined : Math.max(0, end - lostAt) / 1000,
    };
  }

  /** Resolves when the media of an ended call is released, with what became of it. */
  async released(): Promise<readonly StreamReport[]> {
    return (await this.#released) ?? [];
  }

  #now(): number {
    return Math.round(this.facts.startedAt + monotonicNow() - this.#openedAt);
  }
}
