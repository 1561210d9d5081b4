import { EdgeError } from '../errors';
import type { StreamPath } from '../gateway/stream';
import type { TcpGatewayEvents, UselessConnection } from '../gateway/tcp-gateway';
import { Groups } from '../groups';
import { normalAddress } from '../ip-address';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { CandidateSpelling } from '../sdp/candidate';
import { shareLimits, type ShareLimits } from '../shares/limits';
import { TokenBuckets } from '../shares/token-buckets';
import { AnchoredCall } from './anchored-call';
import type { MsrpSwitch } from './call-msrp';
import type { Fallback } from './fallback';
import { CallLines, HeldLines } from './line-shares';
import { LocalCallMedia } from './local-call-media';
import type { CallMedia, MediaAnchor, SipEnds } from './media-anchor';
import { PathFollower } from './path-follower';
import type { PlacedMedia } from './placed-media';
import type { Profiles } from './profiles';
import type { Rtpengines } from './rtpengine-choice';
import { StreamPaths } from './stream-paths';
import { watching, type EventedStreamGateway } from './watched-gateway';

export interface LocalMediaAnchorOptions {
  rtpengine: Rtpengines;
  gateway: EventedStreamGateway;
  /** Who is given the candidate on port 80, by the UE's address. */
  fallback: (ueAddress: string | undefined) => Fallback;
  /** Default: rfc6544. */
  candidateSpelling?: CandidateSpelling;
  /** What carries MSRP; default: its lines are declined. */
  msrp?: MsrpSwitch;
  /** Default: each side is offered the profile of the other. */
  profiles?: Profiles;
  /** Addresses that the gateway may have toward rtpengine, beside rtpengine's own and those that it advertises. */
  ownAddresses?: readonly string[];
  placed: PlacedMedia;
  /** Media toward the core goes to where its RTP comes from, and not to where its SDP says; default: it does not. */
  learnsCore?: boolean;
  /** Time between two looks at a call, of whose media rtpengine alone knows; ms, default 4000. */
  lookMs?: number;
  logger: Logger;
  /** What UEs may take; default: as for an edge of the usual size. */
  shares?: ShareLimits;
}

/** Calls of one address, behind a NAT, that are told of a connection which may be theirs: the newest. */
const mostOfAddress = 8;

const asOffered: Profiles = { core: 'as-offered', access: 'as-offered' };

/**
 * The media anchor in this process: rtpengine over ng, and the TCP gateway. Pool and gateway are handed in and
 * stay open when it is closed.
 */
export class LocalMediaAnchor implements MediaAnchor {
  readonly #options: LocalMediaAnchorOptions;
  readonly #shares: ShareLimits;
  readonly #lines = new HeldLines();
  /** By owner. */
  readonly #looks: TokenBuckets;
  /** Connections that ended as strangers, by address. */
  readonly #vain = new TokenBuckets({ perSecond: 1, burst: 10 });
  /** By the UE's address. */
  readonly #byAddress = new Groups<string, LocalCallMedia>();
  /** By what the calls are named: rtpengine and gateway tell of them by their names. */
  readonly #calls = new Map<string, LocalCallMedia>();
  /** Of what strangers can cause. */
  readonly #log: OccasionalLog;
  readonly #gatewayEvents: { [E in keyof TcpGatewayEvents]: (...told: TcpGatewayEvents[E]) => void };
  #closed = false;

  constructor(options: LocalMediaAnchorOptions) {
    const { gateway, rtpengine, logger, shares = shareLimits() } = options;
    this.#options = options;
    this.#log = new OccasionalLog(logger);
    this.#shares = shares;
    this.#looks = new TokenBuckets(shares.ue.looks);
    const lookAt = async (name: string) => this.#calls.get(name)?.followed();
    const follower = new PathFollower({ gateway, lookAt, log: this.#log, now: monotonicNow });
    const callOf = ({ stream }: Pick<StreamPath, 'stream'>) => this.#calls.get(stream.call);
    this.#gatewayEvents = {
      selected: (at) => callOf(at)?.selected(at),
      unanswered: (at, nominations) => void follower.unanswered(at, nominations),
      unheard: (at, times) => void follower.unheard(at, times),
      'connection-lost': (at) => callOf(at)?.connectionLost(at),
      'media-lost': (at) => void callOf(at)?.mediaLost(at),
      checked: ({ outcome, ...at }) =>
        callOf(at)?.emit('checked', { line: at.stream.line, path: `tcp${at.port}`, remote: at.remote, outcome }),
      stranger: (told) => this.#dialledInVain(told),
    };
    rtpengine.on('call-lost', this.#onCallLost);
    for (const [event, listener] of Object.entries(this.#gatewayEvents))
      gateway.on(event as keyof TcpGatewayEvents, listener);
  }

  /** Calls that hold media. */
  get calls(): number {
    return this.#calls.size;
  }

  open(name: string, ends?: SipEnds): CallMedia {
    if (this.#closed) throw new EdgeError('anchor-unavailable', 'The media anchor is closing.');
    const { rtpengine, gateway, profiles = asOffered, msrp, placed, learnsCore = false } = this.#options;
    const { candidateSpelling: spelling = 'rfc6544', lookMs = 4000 } = this.#options;
    const ownAddresses = [...gateway.advertised.map(({ address }) => address), ...(this.#options.ownAddresses ?? [])];
    const owner = ends?.owner ?? name;
    const places = placed.ofCall(name, ends?.users);
    const paths = new StreamPaths((ufrag) => gateway.streamStatus(ufrag), ownAddresses, places.wasBehindRelay);
    const call = new AnchoredCall({
      ...{ name, rtpengine, profiles, msrp, learnsCore, spelling },
      gateway: watching(gateway, paths),
      fallback: this.#options.fallback(ends?.address),
      ueAddress: ends?.address,
      coreFamily: ends?.coreFamily,
      places,
      charged: new CallLines(owner, this.#shares, this.#lines),
      log: this.#log,
    });
    const calls = () => this.#calls.size;
    const address = ends && normalAddress(ends.address);
    const gone = () => {
      this.#calls.delete(name);
      if (address !== undefined) this.#byAddress.delete(address, media);
    };
    // Each connection, and each pause of the far end, is a reason to ask: a UE makes as many as it likes.
    const mayLook = () => this.#looks.take(owner);
    const media = new LocalCallMedia({ name, call, paths, lookMs, calls, mayLook, log: this.#log, gone });
    this.#calls.set(name, media);
    if (address !== undefined) this.#byAddress.add(address, media);
    return media;
  }

  /** Releases all calls; may be called twice. */
  async close(): Promise<void> {
    const { gateway, rtpengine } = this.#options;
    this.#closed = true;
    rtpengine.off('call-lost', this.#onCallLost);
    for (const [event, listener] of Object.entries(this.#gatewayEvents))
      gateway.off(event as keyof TcpGatewayEvents, listener);
    await Promise.all([...this.#calls.values()].map((call) => call.release()));
  }

  /** Whose it was is not known: each call from that address is told, as far as it may be a call's. */
  #dialledInVain({ remote, port, reason }: UselessConnection): void {
    const address = normalAddress(remote.address);
    if (!this.#byAddress.has(address) || !this.#vain.take(address)) return;
    const calls = this.#byAddress.of(address).slice(-mostOfAddress);
    for (const media of calls) media.emit('dialled-in-vain', { path: `tcp${port}`, remote, reason });
  }

  readonly #onCallLost = (name: string): void => this.#calls.get(name)?.lost();
}
