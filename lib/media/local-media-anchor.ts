import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import type { StreamPath } from '../gateway/stream';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { CallStatistics } from '../rtpengine/call-statistics';
import type { CandidateSpelling } from '../sdp/candidate';
import type { TcpPriority } from '../sdp/gateway-candidate';
import { AnchoredCall } from './anchored-call';
import type { MsrpSwitch } from './call-msrp';
import type { Fallback } from './fallback';
import { shareLimits, type ShareLimits } from '../shares/limits';
import { TokenBuckets } from '../shares/token-buckets';
import { LineShares } from './line-shares';
import type { MediaAnchor, MediaAnchorEvents, SelectedPath, Side, StreamReport, SipEnds } from './media-anchor';
import { PathFollower, type FollowedCall } from './path-follower';
import type { PlacedMedia } from './placed-media';
import { PathWatch } from './path-watch';
import type { Profiles } from './profiles';
import { SilenceWatch } from './silence-watch';
import { StreamPaths } from './stream-paths';
import { TwoSenders } from './two-senders';
import { watching, type EventedStreamGateway } from './watched-gateway';
import type { Rtpengines } from './rtpengine-choice';

export interface LocalMediaAnchorOptions {
  rtpengine: Rtpengines;
  gateway: EventedStreamGateway;
  /** Who is given the candidate on port 80, by the UE's address. */
  fallback: (ueAddress: string | undefined) => Fallback;
  /** Default: lowest. */
  tcpPriority?: TcpPriority;
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
  logger: Logger;
  /** Calls at the same time; those beyond are refused with 503. */
  maxCalls?: number;
  /** What UEs may take; default: as for an edge of the usual size. */
  shares?: ShareLimits;
}

/** One call of the table: its commands run one after the other. */
interface Entry {
  call: AnchoredCall;
  /** Whom it is charged to. */
  owner: string;
  paths: StreamPaths;
  watch: PathWatch;
  silence: SilenceWatch;
  senders: TwoSenders;
  /** Ends when all commands given so far have. Never rejects. */
  tail: Promise<unknown>;
  waiting: number;
  releasing: Promise<readonly StreamReport[]> | undefined;
}

const asOffered: Profiles = { core: 'as-offered', access: 'as-offered' };

/** Offers and answers of one call that may wait for each other. */
const maxWaiting = 16;

/**
 * The media anchor in this process: rtpengine over ng, and the TCP gateway. Pool and gateway are handed in and
 * stay open when it is closed.
 */
export class LocalMediaAnchor extends EventEmitter<MediaAnchorEvents> implements MediaAnchor {
  readonly #options: LocalMediaAnchorOptions;
  readonly #maxCalls: number;
  readonly #lines: LineShares;
  /** By owner. */
  readonly #looks: TokenBuckets;
  readonly #follower: PathFollower;
  readonly #calls = new Map<string, Entry>();
  /** Of what strangers can cause. */
  readonly #log: OccasionalLog;
  #closed = false;

  constructor(options: LocalMediaAnchorOptions) {
    super();
    this.#options = options;
    this.#log = new OccasionalLog(options.logger);
    const lookAt = (name: string) => this.#lookAt(name);
    this.#follower = new PathFollower({ gateway: options.gateway, lookAt, log: this.#log, now: monotonicNow });
    const shares = options.shares ?? shareLimits();
    this.#lines = new LineShares(shares);
    this.#looks = new TokenBuckets(shares.ue.looks, monotonicNow);
    this.#maxCalls = options.maxCalls ?? 5000;
    options.rtpengine.on('call-lost', this.#onCallLost);
    options.gateway.on('selected', this.#onSelected);
    options.gateway.on('unanswered', this.#onUnanswered);
    options.gateway.on('unheard', this.#onUnheard);
    options.gateway.on('connection-lost', this.#onLost);
    options.gateway.on('media-lost', this.#onMediaLost);
  }

  /** Calls that hold media. */
  get calls(): number {
    return this.#calls.size;
  }

  async offer(name: string, from: Side, sdp: string, ends?: SipEnds): Promise<string> {
    const entry = this.#calls.get(name) ?? this.#enter(name, ends);
    return this.#run(name, entry, () => entry.call.offer(from, sdp));
  }

  async answer(name: string, from: Side, sdp: string): Promise<string> {
    const entry = this.#calls.get(name);
    if (entry === undefined) throw callEnded();
    const outcome = await this.#run(name, entry, () => entry.call.answer(from, sdp));
    entry.paths.share(entry.call.sharedTransports);
    entry.senders.forget();
    entry.watch.start();
    entry.silence.start();
    return outcome;
  }

  async restartIce(name: string): Promise<string | undefined> {
    const entry = this.#calls.get(name);
    return entry && this.#run(name, entry, () => entry.call.restartIce());
  }

  async rollback(name: string): Promise<void> {
    const entry = this.#calls.get(name);
    if (entry === undefined || isReleasing(entry)) return;
    try {
      await this.#run(name, entry, () => entry.call.rollback());
    } catch (error) {
      // Released meanwhile: there is nothing left to restore.
      if (!isReleasing(entry)) throw error;
    }
  }

  release(name: string): Promise<readonly StreamReport[]> {
    const entry = this.#calls.get(name);
    if (entry === undefined) return Promise.resolve([]);
    entry.releasing ??= this.#end(name, entry);
    return entry.releasing;
  }

  /** Releases all calls; may be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.rtpengine.off('call-lost', this.#onCallLost);
    this.#options.gateway.off('selected', this.#onSelected);
    this.#options.gateway.off('unanswered', this.#onUnanswered);
    this.#options.gateway.off('unheard', this.#onUnheard);
    this.#options.gateway.off('connection-lost', this.#onLost);
    this.#options.gateway.off('media-lost', this.#onMediaLost);
    await Promise.all([...this.#calls.keys()].map((name) => this.release(name)));
  }

  #enter(name: string, ends: SipEnds | undefined): Entry {
    if (this.#closed || this.#calls.size >= this.#maxCalls) {
      const reason = this.#closed ? 'it is closing' : `it has ${this.#maxCalls} calls`;
      throw new EdgeError('anchor-unavailable', `The media anchor takes no more calls: ${reason}.`);
    }
    const { rtpengine, gateway, profiles = asOffered } = this.#options;
    const fallback = this.#options.fallback(ends?.address);
    const candidates = {
      priority: this.#options.tcpPriority ?? 'lowest',
      spelling: this.#options.candidateSpelling ?? 'rfc6544',
    };
    const ownAddresses = [...gateway.advertised.map(({ address }) => address), ...(this.#options.ownAddresses ?? [])];
    const owner = ends?.owner ?? name;
    const paths = new StreamPaths((ufrag) => gateway.streamStatus(ufrag), ownAddresses);
    const watched = watching(gateway, paths);
    const call = new AnchoredCall({
      name,
      rtpengine,
      gateway: watched,
      fallback,
      candidates,
      profiles,
      ueAddress: ends?.address,
      coreFamily: ends?.coreFamily,
      msrp: this.#options.msrp,
      places: this.#options.placed.ofCall(name),
      learnsCore: this.#options.learnsCore ?? false,
      charged: this.#lines.ofCall(owner),
      log: this.#log,
    });
    const watch = new PathWatch(() => this.#look(name, entry));
    const silence = new SilenceWatch({
      call,
      statistics: () => this.#statistics(name, entry),
      paths,
      calls: () => this.#calls.size,
      silent: () => this.emit('restart-due', name, 'udp-silent'),
      now: monotonicNow,
    });
    const senders = new TwoSenders((line) => paths.isGateway(line), monotonicNow);
    const commands = { tail: Promise.resolve(), waiting: 0, releasing: undefined };
    const entry: Entry = { call, owner, paths, watch, silence, senders, ...commands };
    this.#calls.set(name, entry);
    return entry;
  }

  async #run<T>(name: string, entry: Entry, command: () => Promise<T>): Promise<T> {
    requireHeld(entry);
    if (entry.waiting >= maxWaiting)
      throw new EdgeError('anchor-unavailable', 'Too many offers and answers of one call wait for rtpengine.', {
        retryAfter: 1,
      });
    entry.waiting += 1;
    const result = entry.tail.then(async () => {
      requireHeld(entry);
      return command();
    });
    entry.tail = result.catch(() => undefined);
    try {
      const outcome = await result;
      requireHeld(entry);
      return outcome;
    } catch (error) {
      if (error instanceof EdgeError && error.code === 'anchor-lost') this.#onCallLost(name);
      throw this.#verdict(name, error);
    } finally {
      entry.waiting -= 1;
      if (!entry.call.isOpen && entry.waiting === 0 && !isReleasing(entry)) this.#calls.delete(name);
    }
  }

  async #end(name: string, entry: Entry): Promise<readonly StreamReport[]> {
    const { call, paths, watch, tail } = entry;
    watch.stop();
    entry.silence.stop();
    call.closeStreams();
    await tail;
    // A command that was under way may have opened some.
    call.closeStreams();
    const statistics = await call.statistics();
    if (statistics) this.#learn(name, entry, statistics);
    await call.leaveRtpengine();
    this.#calls.delete(name);
    return paths.reports();
  }

  /** Whether nothing is to be learned any more of the paths that the call's media takes. */
  async #look(name: string, entry: Entry): Promise<boolean> {
    if (isReleasing(entry)) return true;
    const statistics = await this.#statistics(name, entry);
    if (statistics) this.#learn(name, entry, statistics);
    return entry.paths.areKnown(entry.call.linesInUse);
  }

  /** What rtpengine tells of a call under way; undefined if it does not tell. Never rejects. */
  async #statistics(name: string, entry: Entry): Promise<CallStatistics | undefined> {
    const statistics = await entry.call.statistics();
    if (statistics === undefined || this.#calls.get(name) !== entry || isReleasing(entry)) return undefined;
    if (entry.senders.look(statistics)) this.emit('restart-due', name, 'two-senders');
    return statistics;
  }

  #learn(name: string, { call, paths }: Entry, statistics: CallStatistics): void {
    for (const path of paths.learn(statistics, call.anchoredLines)) this.emit('selected', { call: name, ...path });
  }

  /** What the SIP side is told of a failure. */
  #verdict(call: string, error: unknown): unknown {
    if (!(error instanceof EdgeError) || error.code !== 'anchor-refused') return error;
    if (/\bSDP\b/.test(error.message)) return new EdgeError('sdp-invalid', error.message, { cause: error });
    this.#log.warn({ call, reason: error.message }, 'rtpengine refused a call');
    return new EdgeError('anchor-unavailable', error.message, { cause: error });
  }

  readonly #onCallLost = (name: string): void => {
    const entry = this.#calls.get(name);
    if (entry !== undefined && !isReleasing(entry)) this.emit('call-lost', name);
  };

  readonly #onSelected = (at: StreamPath): void => {
    const entry = this.#calls.get(at.stream.call);
    if (entry === undefined) return;
    entry.call.selected(at.stream);
    const path = pathOf(at);
    if (entry.paths.selected(path)) this.emit('selected', path);
    else entry.watch.start();
  };

  readonly #onUnanswered = (...asked: [StreamPath, number]): void => void this.#follower.unanswered(...asked);

  readonly #onUnheard = (...asked: [StreamPath, number]): void => void this.#follower.unheard(...asked);

  async #lookAt(name: string): Promise<FollowedCall | undefined> {
    const entry = this.#calls.get(name);
    // Each connection, and each pause of the far end, is a reason to ask: a UE makes as many as it likes.
    if (entry === undefined || !this.#looks.take(entry.owner)) return undefined;
    const statistics = await this.#statistics(name, entry);
    if (statistics === undefined) return undefined;
    const { call, paths } = entry;
    const learn = () => this.#learn(name, entry, statistics);
    return { call, paths, statistics, learn, run: (command) => this.#run(name, entry, command) };
  }

  readonly #onLost = (at: StreamPath): void => {
    const entry = this.#calls.get(at.stream.call);
    if (entry === undefined) return;
    this.emit('connection-lost', pathOf(at));
    entry.watch.start();
  };

  readonly #onMediaLost = (at: StreamPath): void => void this.#tellMediaLost(at);

  /** A UE that has gone over to UDP is silent on TCP, and has lost nothing: rtpengine alone sees that. */
  async #tellMediaLost(at: StreamPath): Promise<void> {
    const { call, line } = at.stream;
    const entry = this.#calls.get(call);
    if (entry === undefined) return;
    await this.#look(call, entry);
    if (this.#calls.get(call) !== entry || isReleasing(entry)) return;
    if (entry.paths.pathOf(line) !== 'udp') this.emit('media-lost', pathOf(at));
  }
}

function pathOf({ stream, remote, port }: StreamPath): SelectedPath {
  return { call: stream.call, line: stream.line, path: `tcp${port}`, remote };
}

function isReleasing(entry: Entry): boolean {
  return entry.releasing !== undefined;
}

/** @throws EdgeError `call-ended` once the call is being released */
function requireHeld(entry: Entry): void {
  if (isReleasing(entry)) throw callEnded();
}

function callEnded(): EdgeError {
  return new EdgeError('call-ended', 'The call has no media any more.', { sipStatus: 481 });
}
