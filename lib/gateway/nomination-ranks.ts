/** What rtpengine was sent of nominations under one ufrag. */
export interface Nominated {
  count: number;
  /** The highest rank that one had. */
  rank: number;
}

/** PRIORITY is 32 bits, of which the last 8 tell the component. */
const highestRank = 0xff_ffff;

/** Type preference 127: no candidate has more than 126 (RFC 8445 §5.1.2.1). */
const aboveAllCandidates = 127 << 16;

/**
 * Where the nominations of one stream rank at rtpengine, which uses the nominated pair of the highest priority and
 * retires none. They rise from 1, below every UDP candidate: a UE that has nominated UDP too stays there, or goes there.
 *
 * A UE's own checks rank higher. Who overhears one can send it to rtpengine over UDP from elsewhere, but cannot change
 * its PRIORITY, which is signed; so a nomination above that wins the media back. Above UDP, too, goes the media of a UE
 * whose UDP has died; once it is back there, all that was raised has to be lowered.
 */
export class NominationRanks {
  #count: number;
  #rank: number;
  #highestSeen = 0;

  constructor({ count, rank }: Nominated = { count: 0, rank: 0 }) {
    this.#count = count;
    this.#rank = rank;
  }

  get nominated(): Nominated {
    return { count: this.#count, rank: this.#rank };
  }

  /** Nothing ranks higher. */
  get isAboveAll(): boolean {
    return this.#rank >= aboveAllCandidates;
  }

  /** The PRIORITY that the last nomination would have had if none was ever raised. */
  get lowest(): number {
    return priorityOf(this.#count);
  }

  /** The PRIORITY of an authentic check, if it had one. */
  seen(priority = 0): void {
    this.#highestSeen = Math.max(this.#highestSeen, priority >>> 8);
  }

  /**
   * The last nomination was in vain: those to come rank above all checks that were seen, where UDP candidates of the UE
   * commonly still rank above them; if that was in vain too, above all candidates.
   */
  raise(): void {
    this.#rank = this.#rank < this.#highestSeen ? this.#highestSeen : Math.max(this.#rank, aboveAllCandidates);
  }

  /** Those that were raised rank as if they had not been, and so do those to come. */
  lower(): void {
    this.#rank = this.#count;
  }

  /** The PRIORITY of the next nomination. */
  next(): number {
    this.#count += 1;
    this.#rank = Math.min(this.#rank + 1, highestRank);
    return priorityOf(this.#rank);
  }
}

function priorityOf(rank: number): number {
  return rank * 256 + 255;
}
