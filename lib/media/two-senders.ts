import type { LineStatistics } from '../rtpengine/call-statistics';
import { isDiscardPlace } from '../sdp/discard-place';
import type { StatisticsByLine } from './call-at-rtpengine';

/** Fewer packets that rtpengine did not take between two looks may be those that were on their way when the UE moved. */
const fewestStrays = 3;

/** So many looks in a row see them. */
const looksWithStrays = 2;

/** How often the media of a line goes to where it has been before: a UE may move there and back once. */
const mostReturns = 2;

/** ms until the same call is told of again, each time twice as long. */
const againMs = 20_000;

/** Of one line. */
interface Seen {
  /** Where its media went, the last one last. */
  places: string[];
  returns: number;
  /** Packets that were not taken, as of the last look that counts, and when that was, ms. */
  errors: number;
  at: number;
  looks: number;
}

/** Places of one line that are remembered; all connections of the gateway are one. */
const mostPlaces = 16;
const gateway = 'gateway';

/**
 * Sees, in what rtpengine tells of a call now and then, that two addresses send as its UE (C18): one is the UE, and the
 * other has overheard a check of it and sent that again. ICE knows them apart only by new credentials.
 *
 * rtpengine 10.5 takes the one that came last for the UE and drops what the other sends; newer releases send the media to
 * whoever was heard last, by turns. What one drops after the media went elsewhere, and a place that it comes back to, are
 * signs of it; a stranger without a check can cause neither.
 */
export class TwoSenders {
  readonly #isGateway: (line: LineStatistics) => boolean;
  readonly #now: () => number;
  readonly #lookMs: number;
  readonly #lines = new Map<number, Seen>();
  #told = 0;
  #toldAt = -Infinity;

  /**
   * @param isGateway whether the media of a line goes to the gateway
   * @param now ms, rising
   * @param lookMs least time between looks that count: within it the gateway takes media back that a UE on TCP has lost
   */
  constructor(isGateway: (line: LineStatistics) => boolean, now: () => number, lookMs: number) {
    this.#isGateway = isGateway;
    this.#now = now;
    this.#lookMs = lookMs;
  }

  /** True if there are two. */
  look(statistics: StatisticsByLine): boolean {
    const areTwo = [...statistics].map(([line, { access }]) => access && this.#areTwo(access, line)).includes(true);
    if (!areTwo || this.#now() - this.#toldAt < againMs * 2 ** (this.#told - 1)) return false;
    this.#told += 1;
    this.#toldAt = this.#now();
    this.forget();
    return true;
  }

  /** There is an offer and answer since: ICE may have begun anew. */
  forget(): void {
    this.#lines.clear();
  }

  #areTwo(access: LineStatistics, line: number): boolean {
    const { endpoint, confirmed, errors } = access;
    if (!confirmed || endpoint === undefined || isDiscardPlace(endpoint)) return false;
    const place = this.#isGateway(access) ? gateway : `${endpoint.address} ${endpoint.port}`;
    const seen = this.#lines.get(line);
    if (seen === undefined) this.#lines.set(line, { places: [place], returns: 0, errors, at: this.#now(), looks: 0 });
    return seen !== undefined && areTwoBy(seen, place, errors, this.#now(), this.#lookMs);
  }
}

function areTwoBy(seen: Seen, place: string, errors: number, now: number, lookMs: number): boolean {
  const { places } = seen;
  if (place !== places.at(-1)) {
    if (places.includes(place)) seen.returns += 1;
    seen.places = [...places.filter((other) => other !== place), place].slice(-mostPlaces);
  }
  if (now - seen.at >= lookMs) {
    // Whoever sends to rtpengine's port looks like a UE on TCP that is back on UDP.
    const isLeft = seen.places.length > 1 && place !== gateway && errors - seen.errors >= fewestStrays;
    seen.looks = isLeft ? seen.looks + 1 : 0;
    seen.errors = errors;
    seen.at = now;
  }
  return seen.looks >= looksWithStrays || seen.returns >= mostReturns;
}
