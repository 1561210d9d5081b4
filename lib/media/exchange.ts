import type { MediaStream } from '../gateway/stream';
import type { Sdp } from '../sdp/sdp';
import type { MediaView } from '../sdp/session-view';
import type { ShownSdp } from './call-at-rtpengine';
import type { Side } from './media-anchor';
import type { OfferWishes } from './ng-options';
import type { ReceivedSdp } from './received-sdp';

/** An offer, and its answers: several if the core forks, or repeats that of a 18x in the 200. */
export interface Exchange
  extends ShownSdp, OfferWishes, Pick<ReceivedSdp, 'written' | 'places' | 'tcp' | 'mismatched'> {
  number: number;
  offer: Sdp;
  /** What rtpengine is shown before the answer only: an ICE restart. */
  keptBack: readonly Sdp[];
  /** Of the call at rtpengine, since this offer. */
  losses: number;
  /** The lines as the other side got them, of those that rtpengine knows. */
  offered: readonly MediaView[];
  /** The streams of which our offer to the UE told. */
  told: ReadonlyMap<number, MediaStream>;
  /** The lines of our offer to the UE that have no ICE. */
  withoutIce: ReadonlySet<number>;
}

/** An exchange with the answer that counts: the last one. */
export interface CompleteExchange {
  exchange: Exchange;
  answer: ShownSdp;
}

export function saidBy(side: Side, { exchange, answer }: CompleteExchange): ShownSdp {
  return exchange.from === side ? exchange : answer;
}
