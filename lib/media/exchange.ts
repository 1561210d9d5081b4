import type { MediaStream } from '../gateway/stream';
import type { AddressFamily } from '../ip-address';
import type { SharedTransports } from '../sdp/bundle';
import type { LinePlaces } from '../sdp/line-places';
import type { Sdp } from '../sdp/sdp';
import type { MediaView } from '../sdp/session-view';
import type { TcpLines } from '../sdp/tcp-media-lines';
import type { ShownSdp } from './call-at-rtpengine';
import type { Side } from './media-anchor';
import type { Profile } from './profiles';

/** An offer, and its answers: several if the core forks, or repeats that of a 18x in the 200. */
export interface Exchange {
  number: number;
  from: Side;
  offer: Sdp;
  /** As its sender wrote it, RTP over TCP too. */
  written: Sdp;
  /** The lines that its sender knows. */
  places: LinePlaces;
  view: readonly MediaView[];
  /** What rtpengine is shown of it. */
  shown: Sdp;
  /** What it is shown before the answer only: an ICE restart. */
  keptBack: readonly Sdp[];
  /** Of the call at rtpengine, since this offer. */
  losses: number;
  ueDeclinedIce: boolean;
  profile: Profile | undefined;
  /** In which the other side was offered it; undefined: as rtpengine knows its lines. */
  family: AddressFamily | undefined;
  /** The lines as the other side got them, of those that rtpengine knows. */
  offered: readonly MediaView[];
  /** Of an offer to the UE: it has a BUNDLE group. */
  offersGroup: boolean;
  /** Of an offer of the UE: the lines with no transport of their own. */
  shared: SharedTransports;
  /** Of an offer of the UE: the lines without ICE because of a mismatch. */
  mismatched: ReadonlySet<number>;
  /** The UE's lines that are RTP over TCP, by its offer or by ours to it. */
  tcp: TcpLines;
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
