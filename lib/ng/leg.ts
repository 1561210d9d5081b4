import type { StreamStatus } from '../gateway/stream';
import { CallStreams, type OpenStreams, type StreamGateway } from '../media/call-streams';
import { muxesRtcp, type Fallback } from '../media/fallback';
import { UeSdp } from '../media/ue-sdp';
import { StreamPaths } from '../media/stream-paths';
import { UeWords } from '../media/ue-words';
import { watching } from '../media/watched-gateway';
import type { OccasionalLog } from '../ops/occasional-log';
import { bundleGroups, writtenAsShared } from '../sdp/bundle';
import type { CandidateSpelling } from '../sdp/candidate';
import { withGatewayCandidates } from '../sdp/gateway-candidate';
import { withEachSection, type Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';

/** The gateway, and what is asked of it. */
export type NgGateway = StreamGateway & { streamStatus(ufrag: string): StreamStatus | undefined };

export interface LegOptions {
  /** Names it to the gateway. */
  name: string;
  gateway: NgGateway;
  spelling: CandidateSpelling;
  /** The gateway may have these toward rtpengine, beside rtpengine's own and those that it advertises. */
  ownAddresses: readonly string[];
  log: OccasionalLog;
}

/** An SDP on its way to a side. */
export interface TowardLeg {
  what: 'offer' | 'answer';
  /** As rtpengine wrote it. */
  sdp: Sdp;
  /** What the other side said, of which rtpengine made it. */
  said: Sdp;
  fallback: Fallback;
}

/** One side of a call: what it said, and the streams that the gateway has open for it. */
export class Leg {
  readonly name: string;
  readonly streams: CallStreams;
  /** Where its media goes. */
  readonly paths: StreamPaths;
  readonly #options: LegOptions;
  readonly #ue = new UeWords();
  /** Its own offer under way. */
  #offer: readonly MediaView[] = [];
  #exchange = 0;
  /** The streams of which our last offer to it told. */
  #told: OpenStreams = new Map();
  #ufrags = new Set<string>();
  /** Undefined: not known yet. */
  isAccess: boolean | undefined;

  constructor(options: LegOptions) {
    this.name = options.name;
    this.#options = options;
    const { gateway, ownAddresses, log } = options;
    const own = [...gateway.advertised.map(({ address }) => address), ...ownAddresses];
    this.paths = new StreamPaths(
      (ufrag) => gateway.streamStatus(ufrag),
      own,
      () => undefined,
    );
    const counting: StreamGateway = {
      advertised: gateway.advertised,
      addStream: (stream) => {
        gateway.addStream(stream);
        this.#ufrags.add(stream.ufrag);
      },
      removeStream: (ufrag) => {
        this.#ufrags.delete(ufrag);
        return gateway.removeStream(ufrag);
      },
    };
    this.streams = new CallStreams(watching(counting, this.paths), log);
  }

  /** What is known of its streams. */
  statuses(): StreamStatus[] {
    return [...this.#ufrags].flatMap((ufrag) => this.#options.gateway.streamStatus(ufrag) ?? []);
  }

  /** It offers; rtpengine has taken it. */
  offered(sdp: Sdp): void {
    this.#exchange += 1;
    this.#offer = viewSession(sdp).media;
  }

  /** It has answered what it was told. */
  answered(sdp: Sdp): void {
    const { media } = viewSession(sdp);
    this.#ue.heard(media, new Map());
    const isTaken = (line: MediaView | undefined) => line?.hasIce === true && line.port !== 0 && muxesRtcp(line);
    const taken = [...this.#told.values()].filter(({ line }) => isTaken(media[line]));
    // An earlier answer without ICE, of another branch say, may have closed what this one needs.
    this.streams.open(taken, this.#exchange);
    this.streams.settle(new Set(taken.map(({ line }) => line)), this.#exchange);
  }

  /** Opens the gateway to what the SDP tells of, and adds its candidates. */
  toward({ what, sdp, said, fallback }: TowardLeg): Sdp {
    const isAnswer = what === 'answer';
    this.#exchange += isAnswer ? 0 : 1;
    const { gateway, spelling } = this.#options;
    const groups = bundleGroups(sdp);
    const shared = writtenAsShared(sdp, groups);
    const line = (index: number) => {
      const view = viewSession(sdp).media[index];
      return isAnswer ? this.#offer[index] : view && this.#ue.of(view);
    };
    const ueSdp = new UeSdp({
      call: this.name,
      advertised: gateway.advertised,
      fallback,
      spelling,
      streams: this.streams,
    });
    const lines = { isAnswer, line, tcp: new Map(), mismatched: new Set<number>() };
    const foreign = new Set(viewSession(said).media.map(({ ufrag }) => ufrag));
    // With ICE=optional and the like it is the other end that the UE does ICE with; so it is in a loop.
    const wanted = ueSdp
      .streams({ sdp, groups, shared, bundleOnly: new Set() }, lines)
      .filter(({ ufrag }) => !foreign.has(ufrag));
    const open = this.streams.open(wanted, this.#exchange);
    if (isAnswer) {
      this.#ue.heard(this.#offer, new Map());
      this.streams.settle(new Set(open.keys()), this.#exchange);
    } else this.#told = open;
    if (open.size === 0) return sdp;
    return withEachSection(sdp, (section, index) =>
      open.has(index) ? withGatewayCandidates(section, gateway.advertised, spelling) : section,
    );
  }

  close(): void {
    this.streams.close();
  }
}
