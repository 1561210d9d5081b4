import type { TransportAddress } from '../ice/transport-address';
import { TokenBuckets } from '../shares/token-buckets';
import type { MediaMember } from './media-members';
import { Nomination } from './nomination';
import { NominationRanks, type Nominated } from './nomination-ranks';
import type { SessionSurroundings } from './session';
import type { MediaStream } from './stream';

/** A candidate that rtpengine has learned of us, and the PRIORITY that it would have had below all of UDP. */
export interface RaisedCandidate extends TransportAddress {
  priority: number;
}

/** Of those, so many are remembered: rtpengine takes 100 candidates of one line, those that it has learned included. */
const mostRaised = 64;

/** What rtpengine is told of the connections of one stream: which one the UE uses, one at a time. */
export class StreamNominations {
  readonly #around: SessionSurroundings;
  readonly #ranks: NominationRanks;
  /**
   * How fast the UE may have new connections nominated: each time rtpengine keeps a candidate for the rest of the call, and
   * is asked where the media goes.
   */
  readonly #pace: TokenBuckets;
  /** rtpengine accepted the one that was told last. */
  readonly #accepted: (member: MediaMember) => void;
  #startedAt = -Infinity;
  #member: MediaMember | undefined;
  /** Not answered yet. */
  #pending: Nomination | undefined;
  #raised: RaisedCandidate[] = [];

  constructor(stream: MediaStream, around: SessionSurroundings, accepted: (member: MediaMember) => void) {
    this.#around = around;
    this.#ranks = new NominationRanks(stream.nominated);
    const { nominationsAtOnce: burst, nominationEveryMs } = around.limits;
    this.#pace = new TokenBuckets({ perSecond: 1000 / nominationEveryMs, burst }, around.now);
    this.#accepted = accepted;
  }

  get nominated(): Nominated {
    return this.#ranks.nominated;
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Whether a candidate of ours may rank above those of the UE's UDP. */
  get isRaised(): boolean {
    return this.#raised.length > 0;
  }

  /** Those that may: undefined if there were too many to remember. */
  get raised(): readonly RaisedCandidate[] | undefined {
    return this.#raised.length > mostRaised ? undefined : this.#raised;
  }

  /** The PRIORITY of an authentic check. */
  seen(priority: number | undefined): void {
    this.#ranks.seen(priority);
  }

  /**
   * Whether the UE may have a connection nominated, which it may not do for ever: rtpengine keeps a candidate for each.
   * @param pauseMs since the last nomination, for one that was nominated before
   */
  may(member: MediaMember, pauseMs: number): boolean {
    const { limits, now, nominations } = this.#around;
    const isTooSoon = member.nominations > 0 && now() - this.#startedAt < pauseMs;
    const may = !isTooSoon && member.nominations < limits.nominationsPerConnection && this.#pace.take('nominations');
    if (!may) nominations.refused += 1;
    return may;
  }

  /** The last nomination was in vain: the next one ranks higher. False if there is nothing better to try now. */
  raise(): boolean {
    const { limits, now, nominations } = this.#around;
    if (this.nominated.count >= limits.nominationsPerStream) return false;
    if (this.#ranks.isAboveAll && now() - this.#startedAt < limits.renominationMs) return false;
    nominations.raised += 1;
    this.#ranks.raise();
    return true;
  }

  /** rtpengine ranks none above UDP any more, and so do those to come. */
  lower(): void {
    this.#raised = [];
    this.#ranks.lower();
  }

  /** Nominates a connection, in place of the one before. */
  start(member: MediaMember, stream: MediaStream): void {
    const { plane, limits, now, nominations, anchorAddress } = this.#around;
    this.stop();
    // An ICE restart makes a new stream.
    if (this.nominated.count >= limits.nominationsPerStream) {
      nominations.refused += 1;
      plane.closeConnection(member.id, 'stream-limit');
      return;
    }
    this.#startedAt = now();
    this.#member = member;
    const priority = this.#ranks.next();
    const lowest = this.#ranks.lowest;
    member.nominations += 1;
    nominations.started += 1;
    this.#pending = new Nomination(stream, member.remoteUfrag, priority, limits, {
      send: (request, attempt) => {
        if (attempt > 1) nominations.repeated += 1;
        plane.sendToAnchor(member.id, request);
      },
      succeeded: (mapped) => {
        member.mapped = mapped;
        nominations.succeeded += 1;
        this.#pending = undefined;
        if (mapped !== undefined && priority > lowest && this.#raised.length <= mostRaised)
          this.#raised.push({ ...mapped, priority: lowest });
        this.#accepted(member);
      },
      failed: () => {
        nominations.failed += 1;
        plane.closeConnection(member.id, 'nomination-failed');
      },
    });
    const { address, port } = stream.anchor;
    plane.openAnchor(member.id, { address: anchorAddress(address), port });
    this.#pending.start();
  }

  /** A STUN message from rtpengine, on a connection's socket. */
  received(member: MediaMember, datagram: Buffer): void {
    if (member === this.#member) this.#pending?.received(datagram);
  }

  /** May be called twice. */
  stop(): void {
    this.#pending?.stop();
    this.#pending = undefined;
  }
}
