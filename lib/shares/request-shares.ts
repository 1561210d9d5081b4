import { Newest } from '../newest';
import { monotonicNow } from '../ops/clock';
import type { ShareLimits } from './limits';
import { TokenBuckets } from './token-buckets';

/** What a request asks of us, as far as its rate is concerned. */
export type RequestKind = 'registration' | 'call' | 'emergency-call' | 'other';

/** Who sends a request. */
export interface Sender {
  /** Where it comes from, as `networkOf` names it. */
  source: string;
  /** The identity that it is registered under; undefined: it is not registered. */
  ue: string | undefined;
}

/** Which share was used up. */
export type RequestRefusal =
  | 'ue-requests'
  | 'ue-registrations'
  | 'ue-calls'
  | 'source-registrations'
  | 'source-requests'
  | 'source-emergency-calls'
  | 'strangers-requests'
  | 'strangers-emergency-calls';

/** Places that UEs have registered from that are remembered. */
const mostKnown = 100_000;

const everybody = 'all';

/**
 * Who may send a request now (N3). A registered UE has a rate of its own, whatever its neighbours behind the same NAT do;
 * UEs that are not registered share that of the place they come from, and that of all strangers.
 */
export class RequestShares {
  readonly #ue: Record<'requests' | 'registrations' | 'calls', TokenBuckets>;
  readonly #source: Record<'registrations' | 'keptRegistrations' | 'requests' | 'emergencyCalls', TokenBuckets>;
  readonly #strangers: Record<'requests' | 'otherRequests' | 'emergencyCalls', TokenBuckets>;
  /** Kept of the strangers' requests for places that are known. */
  readonly #reserve: number;
  /** Places that UEs have registered from, the latest last. */
  readonly #known = new Newest<string>(mostKnown);

  /** @param now time in ms that only rises */
  constructor({ ue, source, strangers }: ShareLimits, now: () => number = monotonicNow) {
    const buckets = (rate: ShareLimits['messages']) => new TokenBuckets(rate, now);
    this.#ue = {
      requests: buckets(ue.requests),
      registrations: buckets(ue.registrations),
      calls: buckets(ue.calls),
    };
    this.#source = {
      registrations: buckets(source.registrations),
      keptRegistrations: buckets(source.keptRegistrations),
      requests: buckets(source.requests),
      emergencyCalls: buckets(source.emergencyCalls),
    };
    this.#strangers = {
      requests: buckets(strangers.requests),
      otherRequests: buckets(strangers.otherRequests),
      emergencyCalls: buckets(strangers.emergencyCalls),
    };
    this.#reserve = strangers.requests.burst / 2;
  }

  /** Takes a request from the shares of its sender; what is returned is the share that has no room for it. */
  refusal(sender: Sender, kind: RequestKind): RequestRefusal | undefined {
    if (kind === 'emergency-call') return this.#ofEmergencyCall(sender);
    return sender.ue === undefined ? this.#ofStranger(sender.source, kind) : this.#ofUe(sender.ue, kind);
  }

  /** A UE has registered from there: its REGISTERs go before those of places that nobody knows. */
  registeredFrom(source: string): void {
    this.#known.set(source, true);
  }

  isKnown(source: string): boolean {
    return this.#known.has(source);
  }

  #ofUe(ue: string, kind: RequestKind): RequestRefusal | undefined {
    if (!this.#ue.requests.take(ue)) return 'ue-requests';
    if (kind === 'registration' && !this.#ue.registrations.take(ue)) return 'ue-registrations';
    return kind === 'call' && !this.#ue.calls.take(ue) ? 'ue-calls' : undefined;
  }

  #ofStranger(source: string, kind: RequestKind): RequestRefusal | undefined {
    const isRegistration = kind === 'registration';
    const share = isRegistration ? 'registrations' : 'requests';
    if (!this.#source[share].take(source)) return `source-${share}`;
    if (!isRegistration && !this.#strangers.otherRequests.take(everybody)) return 'strangers-requests';
    if (this.#strangers.requests.take(everybody, this.#reserve)) return undefined;
    const comesBack = isRegistration && this.isKnown(source) && this.#source.keptRegistrations.take(source);
    return comesBack && this.#strangers.requests.take(everybody) ? undefined : 'strangers-requests';
  }

  /** Apart from all else: what a UE or its neighbours have sent before must not stand in its way. */
  #ofEmergencyCall({ source, ue }: Sender): RequestRefusal | undefined {
    if (!this.#source.emergencyCalls.take(ue ?? source)) return 'source-emergency-calls';
    if (ue !== undefined) return undefined;
    return this.#strangers.emergencyCalls.take(everybody) ? undefined : 'strangers-emergency-calls';
  }
}
