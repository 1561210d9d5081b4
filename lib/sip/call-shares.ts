import type { Call, Direction } from '../calls/call';
import { EdgeError } from '../errors';
import { Groups } from '../groups';
import type { ShareLimits } from '../shares/limits';
import { retryAfter } from '../shares/retry-after';
import { TokenBuckets } from '../shares/token-buckets';
import { flowKey } from './flow-token';
import { sharesOf, type Target } from './target';

/** Whom a call is charged to, and how many of the same it may have. */
interface Charge {
  name: string;
  most: number;
}

/**
 * How many calls each UE has at once (N3): counted by its connection and by the identity that it registered, so that many
 * connections of one subscriber get no more than one. Emergency calls have shares of their own, and those of strangers
 * count where they come from as well.
 */
export class CallShares {
  readonly #limits: ShareLimits;
  /** Calls to each UE, by its connection. */
  readonly #toward: TokenBuckets;
  readonly #calls = new Groups<string, Call>();

  constructor(limits: ShareLimits) {
    this.#limits = limits;
    this.#toward = new TokenBuckets(limits.ue.calls);
  }

  /**
   * @param source where the UE is, as `networkOf` names it
   * @throws EdgeError `too-many-calls`: 503 to a UE, 486 to whoever calls it
   */
  mustHaveRoom(direction: Direction, target: Target, source: string): void {
    const { unanswered } = this.#limits.ue;
    const isFull = this.#charges(target, source).some(({ name, most }) => this.#calls.of(name).length >= most);
    if (isFull) throw tooMany(direction, target);
    if (target.isEmergency) return;
    const ringing = (name: string) =>
      this.#calls.of(name).filter(({ facts, answeredAt }) => facts.direction === direction && answeredAt === undefined)
        .length;
    if (sharesOf(target).some((name) => ringing(name) >= unanswered)) throw tooMany(direction, target);
    if (direction === 'terminating' && !this.#toward.take(flowKey(target.flow))) throw tooMany(direction, target);
  }

  keep(call: Call, target: Target, source: string): void {
    for (const { name } of this.#charges(target, source)) {
      this.#calls.add(name, call);
      call.onEnd(() => this.#calls.delete(name, call));
    }
  }

  #charges(target: Target, source: string): Charge[] {
    const { ue, source: ofSource, strangers } = this.#limits;
    if (!target.isEmergency) return sharesOf(target).map((name) => ({ name, most: ue.callsAtOnce }));
    const own = { name: `sos ${flowKey(target.flow)}`, most: ue.emergencyCallsAtOnce };
    if (target.ue !== undefined) return [own];
    return [
      own,
      { name: `sos ${source}`, most: ofSource.emergencyCallsAtOnce },
      { name: 'sos', most: strangers.emergencyCallsAtOnce },
    ];
  }
}

function tooMany(direction: Direction, { isEmergency }: Target): EdgeError {
  const message = 'The UE has as many calls as it may have.';
  // A caller may then be led elsewhere; 503 would tell the core that the edge is overloaded.
  if (direction === 'terminating') return new EdgeError('too-many-calls', message, { sipStatus: 486 });
  return new EdgeError('too-many-calls', message, { retryAfter: retryAfter(isEmergency) });
}
