import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { EdgeError } from '../../../lib/errors';
import type { Nominated } from '../../../lib/gateway/nomination-ranks';
import type { AdvertisedAddress, Stream, StreamStatus } from '../../../lib/gateway/stream';
import type { RaisedCandidate } from '../../../lib/gateway/stream-nominations';
import type { MsrpSwitch } from '../../../lib/media/call-msrp';
import type { Fallback } from '../../../lib/media/fallback';
import { LocalMediaAnchor } from '../../../lib/media/local-media-anchor';
import type { TcpGatewayEvents } from '../../../lib/gateway/tcp-gateway';
import type { EventedStreamGateway } from '../../../lib/media/watched-gateway';
import type { MediaPlaces } from '../../../lib/media-places';
import { PlacedMedia, type Relays } from '../../../lib/media/placed-media';
import type { Profiles } from '../../../lib/media/profiles';
import type { ToldPlaces } from '../../../lib/media/told-places';
import type { Logger } from '../../../lib/ops/logger';
import type { ShareLimits } from '../../../lib/shares/limits';
import type { CandidateSpelling } from '../../../lib/sdp/candidate';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { trialPlaces } from '../media-networks';
import { choiceOf, FakeRtpengine } from './fake-rtpengine';
import { NamedCalls } from './named-calls';

export const gatewayAddress: AdvertisedAddress = { address: '198.51.100.1', port: 80, family: 4 };

export class FakeGateway extends EventEmitter<TcpGatewayEvents> implements EventedStreamGateway {
  readonly advertised: readonly AdvertisedAddress[];
  readonly streams = new Map<string, Stream>();
  taken: string | undefined;
  /** Of each stream. */
  nominated: Nominated | undefined;
  /** What was to be won back. */
  readonly wonBack: [ufrag: string, nominations: number][] = [];
  /** Candidates that may rank above UDP, of each stream; and what was lowered. */
  raised: RaisedCandidate[] = [];
  readonly lowered: string[] = [];
  /** By ufrag, while the stream is open. */
  readonly statuses = new Map<string, StreamStatus>();

  constructor(advertised: readonly AdvertisedAddress[] = [gatewayAddress]) {
    super();
    this.advertised = advertised;
  }

  addStream(stream: Stream): void {
    if (stream.ufrag === this.taken) throw new EdgeError('ufrag-taken', 'taken');
    this.streams.set(stream.ufrag, stream);
  }

  removeStream(ufrag: string): Nominated | undefined {
    this.streams.delete(ufrag);
    return this.nominated;
  }

  streamStatus(ufrag: string): StreamStatus | undefined {
    const unused = { remote: undefined, port: undefined, mapped: undefined, reconnects: 0, dropped: 0 };
    return this.streams.has(ufrag) ? (this.statuses.get(ufrag) ?? unused) : undefined;
  }

  winBack(...stream: [ufrag: string, nominations: number]): void {
    this.wonBack.push(stream);
  }

  raisedOf(): readonly RaisedCandidate[] {
    return this.raised;
  }

  lower(ufrag: string): void {
    this.lowered.push(ufrag);
  }

  ufrags(): string[] {
    return [...this.streams.keys()].sort();
  }
}

export function anchorWith({
  fallback = 'always',
  candidateSpelling = 'rfc6544',
  profiles,
  nodes = [new FakeRtpengine()],
  gateway = new FakeGateway(),
  msrp,
  logger = pino({ level: 'silent' }),
  places = trialPlaces(),
  shares,
  learnsCore,
  told,
  relays,
}: {
  fallback?: Fallback | ((ueAddress: string | undefined) => Fallback);
  candidateSpelling?: CandidateSpelling;
  profiles?: Profiles;
  nodes?: FakeRtpengine[];
  gateway?: FakeGateway;
  msrp?: MsrpSwitch;
  logger?: Logger;
  places?: MediaPlaces;
  shares?: ShareLimits;
  learnsCore?: boolean;
  told?: ToldPlaces;
  relays?: Relays;
} = {}) {
  const placed = new PlacedMedia(places, logger, { ...(told && { told }), relays });
  const local = new LocalMediaAnchor({
    rtpengine: choiceOf(...nodes),
    gateway,
    fallback: typeof fallback === 'string' ? () => fallback : fallback,
    candidateSpelling,
    ...(profiles && { profiles }),
    placed,
    logger,
    ...(msrp && { msrp }),
    ...(shares && { shares }),
    ...(learnsCore !== undefined && { learnsCore }),
  });
  return { anchor: new NamedCalls(local), local, gateway, placed, rtpengine: nodes[0]!, nodes };
}

export const udpCandidate = 'a=candidate:1 1 UDP 2130706431 10.0.0.5 5000 typ host';
export const tcpCandidate = 'a=candidate:2 1 TCP 1518280447 10.0.0.5 9 typ host tcptype active';
export const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12', udpCandidate];
export const audio = ['m=audio 5000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000'];
export const coreAudio = ['m=audio 6000 RTP/AVP 0', 'a=sendrecv'];

/** An SDP of a UE, of these lines behind the session part. */
export function ueSdp(...lines: string[]): string {
  return ['v=0', 'o=ue 1 1 IN IP4 10.0.0.5', 's=-', 'c=IN IP4 10.0.0.5', 't=0 0', ...lines, ''].join('\r\n');
}

export function coreSdp(...lines: string[]): string {
  return ['v=0', 'o=core 1 1 IN IP4 203.0.113.9', 's=-', 'c=IN IP4 203.0.113.9', 't=0 0', ...lines, ''].join('\r\n');
}

export const iceOffer = ueSdp(...audio, ...ice, tcpCandidate, 'a=rtcp-mux');
export const plainOffer = ueSdp(...audio);
export const coreAnswer = coreSdp(...coreAudio);

export function mediaOf(sdp: string) {
  return viewSession(parseSdp(sdp)).media;
}

export function tcpCandidatesOf(sdp: string, line = 0) {
  return mediaOf(sdp)[line]?.candidates.filter(({ transport }) => transport === 'tcp') ?? [];
}
