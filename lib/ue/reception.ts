/** Sequence numbers that are remembered, to tell a repeated packet from a late one. */
const window = 1024;

/**
 * Counts one sender's RTP packets by their sequence numbers (RFC 3550 §A.1, §A.3, §A.8): received, lost,
 * repeated, jitter. Numbers are carried past their wrap-around; a jump of more than the window is taken as
 * a new start of the sender.
 */
export class Reception {
  /** Packets received, without repeated ones. */
  received = 0;
  repeated = 0;
  /** In units of the codec's clock. */
  jitter = 0;
  readonly #clockRate: number;
  readonly #seen = new Array<number>(window).fill(-1);
  #expectedBefore = 0;
  #base = 0;
  #highest = -1;
  #transit: number | undefined;
  #atLastReport = { expected: 0, received: 0 };

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** @param arrival ms, of any clock that runs evenly */
  packet(sequence: number, timestamp: number, arrival: number): void {
    const extended = this.#extend(sequence);
    if (this.#seen[extended % window] === extended) {
      this.repeated += 1;
      return;
    }
    this.#seen[extended % window] = extended;
    this.#base = Math.min(this.#base, extended);
    this.#highest = Math.max(this.#highest, extended);
    this.received += 1;
    const transit = (arrival * this.#clockRate) / 1000 - timestamp;
    const difference = Math.abs(transit - (this.#transit ?? transit));
    // A wrap of the timestamp is no jitter.
    if (difference < 2 ** 31) this.jitter += (difference - this.jitter) / 16;
    this.#transit = transit;
  }

  get expected(): number {
    return this.#highest < 0 ? 0 : this.#expectedBefore + this.#highest - this.#base + 1;
  }

  get lost(): number {
    return this.expected - this.received;
  }

  /** Extended highest sequence number, 32 bits. */
  get highestSequence(): number {
    return Math.max(this.#highest, 0);
  }

  /** Loss since the last call, in 1/256: what a report block wants (RFC 3550 §A.3). */
  fractionLost(): number {
    const { expected, received } = this;
    const expectedSince = expected - this.#atLastReport.expected;
    const lostSince = expectedSince - (received - this.#atLastReport.received);
    this.#atLastReport = { expected, received };
    return expectedSince <= 0 || lostSince <= 0 ? 0 : Math.min(255, Math.floor((lostSince * 256) / expectedSince));
  }

  #extend(sequence: number): number {
    if (this.#highest < 0) return this.#restart(sequence);
    const cycle = this.#highest - (this.#highest % 65536);
    const nearest = [cycle - 65536, cycle, cycle + 65536]
      .map((start) => start + sequence)
      .reduce((best, next) => (Math.abs(next - this.#highest) < Math.abs(best - this.#highest) ? next : best));
    if (nearest >= 0 && Math.abs(nearest - this.#highest) < window) return nearest;
    this.#expectedBefore = this.expected;
    return this.#restart(sequence);
  }

  /** One cycle of room below, for packets that come in before the first one. */
  #restart(sequence: number): number {
    this.#seen.fill(-1);
    this.#base = this.#highest = 65536 + sequence;
    return this.#highest;
  }
}
