import { EdgeError } from '../errors';
import type { AddressFamily } from '../ip-address';
import type { MediaAnchor, RestartCause, SelectedPath, Side, StreamReport } from '../media/media-anchor';
import { monotonicNow } from '../ops/clock';

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
  cause: EndCause;
  streams: readonly StreamReport[];
}

export interface CallFacts {
  /** Names the call toward the media anchor and in the log. */
  id: string;
  direction: Direction;
  /** Call-ID of the INVITE that started it. */
  sipCallId: string;
  /** The UE's address, or that of the NAT it is behind. */
  ueAddress: string;
  /** The address family that the core speaks SIP on; unset: not known. */
  coreFamily?: AddressFamily | undefined;
  /** Whom the media of the call is charged to; unset: nobody but itself. */
  ue?: string | undefined;
  /** An emergency call. */
  isEmergency?: boolean;
  /** Time in ms since the epoch. */
  startedAt: number;
}

/** What a call uses of the media anchor. */
export type CallAnchor = Pick<MediaAnchor, 'offer' | 'answer' | 'rollback' | 'restartIce' | 'release'>;

/**
 * One call: its record, its use of the media anchor and its one end. Offers and answers run one after the
 * other, and the release after the last of them, so that none can allocate again what was released.
 */
export class Call {
  readonly facts: CallFacts;
  readonly #anchor: CallAnchor;
  readonly #openedAt = monotonicNow();
  #answeredAt: number | undefined;
  readonly #onEnd = new Set<(cause: EndCause) => void>();
  readonly #onMediaLost = new Set<(path: SelectedPath) => void>();
  readonly #onRestartDue = new Set<(cause: RestartCause) => void>();
  readonly #onAnchorLost = new Set<() => void>();
  #media: Promise<unknown> = Promise.resolve();
  #released: Promise<readonly StreamReport[]> | undefined;
  /** Undefined as long as the call lasts. */
  #endCause: EndCause | undefined;

  constructor(facts: CallFacts, anchor: CallAnchor) {
    this.facts = facts;
    this.#anchor = anchor;
  }

  get id(): string {
    return this.facts.id;
  }

  get ended(): boolean {
    return this.#endCause !== undefined;
  }

  /** Time in ms since the epoch, as a record of this call tells it. */
  now(): number {
    return Math.round(this.facts.startedAt + monotonicNow() - this.#openedAt);
  }

  /** Both ends have it from now on. */
  answered(): void {
    this.#answeredAt ??= this.now();
  }

  /** Time in ms since the epoch, as {@link now}; undefined for a call that was not answered. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** The offer for the other side. Rejects as the anchor does, and with `call-ended` (487). */
  offer(from: Side, sdp: string): Promise<string> {
    const { ueAddress: address, coreFamily, ue: owner } = this.facts;
    return this.#negotiate(() => this.#anchor.offer(this.id, from, sdp, { address, coreFamily, owner }));
  }

  /** The answer for the other side. Rejects as the anchor does, and with `call-ended` (487). */
  answer(from: Side, sdp: string): Promise<string> {
    return this.#negotiate(() => this.#anchor.answer(this.id, from, sdp));
  }

  /**
   * An offer to the UE that restarts ICE; undefined where there is nothing to restart, or not now. Rejects as the anchor
   * does, and with `call-ended` (487).
   */
  restartIce(): Promise<string | undefined> {
    return this.#negotiate(() => this.#anchor.restartIce(this.id));
  }

  /**
   * Takes back the last offer, which got no answer. Rejects as the anchor does; does nothing where the call has
   * ended.
   */
  async rollback(): Promise<void> {
    const run = () => (this.ended ? undefined : this.#anchor.rollback(this.id));
    const result = this.#media.then(run, run);
    this.#media = result;
    await result;
  }

  /** Runs once, when the call ends; at once where it has. The function returned takes the listener away. */
  onEnd(listener: (cause: EndCause) => void): () => void {
    if (this.#endCause === undefined) this.#onEnd.add(listener);
    else listener(this.#endCause);
    return () => void this.#onEnd.delete(listener);
  }

  /** Runs whenever nothing comes from the UE on a stream any more. */
  onMediaLost(listener: (path: SelectedPath) => void): void {
    this.#onMediaLost.add(listener);
  }

  /** Runs whenever the UE is to be offered an ICE restart. */
  onRestartDue(listener: (cause: RestartCause) => void): void {
    this.#onRestartDue.add(listener);
  }

  restartDue(cause: RestartCause): void {
    for (const listener of this.#onRestartDue) listener(cause);
  }

  mediaLost(path: SelectedPath): void {
    for (const listener of this.#onMediaLost) listener(path);
  }

  /** Runs when nothing passes between the ends any more, and nothing will. */
  onAnchorLost(listener: () => void): void {
    this.#onAnchorLost.add(listener);
  }

  anchorLost(): void {
    for (const listener of this.#onAnchorLost) listener();
  }

  /**
   * The one way for a call to end, whatever ended it: tells the listeners and releases the media. Only the
   * first cause counts; false for all later ones.
   */
  end(cause: EndCause): boolean {
    if (this.#endCause !== undefined) return false;
    this.#endCause = cause;
    const release = () => this.#anchor.release(this.id);
    this.#released = this.#media.then(release, release);
    this.#media = this.#released;
    for (const listener of this.#onEnd) listener(cause);
    this.#onEnd.clear();
    this.#onMediaLost.clear();
    this.#onRestartDue.clear();
    this.#onAnchorLost.clear();
    return true;
  }

  /** Resolves when the media of an ended call is released, with what became of it. */
  async released(): Promise<readonly StreamReport[]> {
    return (await this.#released) ?? [];
  }

  async #negotiate<T>(exchange: () => Promise<T>): Promise<T> {
    const run = () => {
      if (this.ended) throw new EdgeError('call-ended', 'The call has ended.');
      return exchange();
    };
    const result = this.#media.then(run, run);
    this.#media = result;
    const sdp = await result;
    if (this.ended) throw new EdgeError('call-ended', 'The call has ended.');
    return sdp;
  }
}
