import { EventEmitter } from 'node:events';
import { EdgeError, type ErrorCode } from '../errors';
import type { StreamPath } from '../gateway/stream';
import { monotonicNow } from '../ops/clock';
import type { OccasionalLog } from '../ops/occasional-log';
import type { AnchoredCall } from './anchored-call';
import type { StatisticsByLine } from './call-at-rtpengine';
import {
  isAtRtpengine,
  type CallMedia,
  type CallMediaEvents,
  type SaidSdp,
  type SelectedPath,
  type Side,
  type StreamReport,
} from './media-anchor';
import { saidLines } from './said-lines';
import type { FollowedCall } from './path-follower';
import { PathWatch } from './path-watch';
import { SilenceWatch } from './silence-watch';
import type { StreamPaths } from './stream-paths';
import { TwoSenders } from './two-senders';

export interface LocalCallMediaOptions {
  name: string;
  call: AnchoredCall;
  paths: StreamPaths;
  /** Time between two looks at a call, with few calls; ms. */
  lookMs: number;
  /** How many calls there are: the more, the less often each is looked at. */
  calls: () => number;
  /** Whether rtpengine may be asked now because of something that the UE did. */
  mayLook: () => boolean;
  log: OccasionalLog;
  /** All is released. */
  gone: () => void;
}

/** What an rtpengine that answers may say of a command, beside what is the SDP's fault. */
const refusals: ReadonlySet<ErrorCode> = new Set(['anchor-refused', 'anchor-call-unknown']);

/** Offers and answers of one call that may wait for each other. */
const maxWaiting = 16;

/** The media of one call in this process: its commands run one after the other, and its ways are watched. */
export class LocalCallMedia extends EventEmitter<CallMediaEvents> implements CallMedia {
  readonly #options: LocalCallMediaOptions;
  readonly #watch: PathWatch;
  readonly #silence: SilenceWatch;
  readonly #senders: TwoSenders;
  /** Ends when all commands given so far have. Never rejects. */
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #releasing: Promise<readonly StreamReport[]> | undefined;

  constructor(options: LocalCallMediaOptions) {
    super();
    const { call, paths, calls, lookMs } = options;
    this.#options = options;
    this.#watch = new PathWatch(() => this.#look());
    const silent = () => void this.emit('restart-due', 'udp-silent');
    const statistics = () => this.#statistics();
    this.#silence = new SilenceWatch({ ue: call.ue, statistics, paths, calls, silent, now: monotonicNow, lookMs });
    this.#senders = new TwoSenders((line) => paths.isGateway(line), monotonicNow, 0.75 * lookMs);
  }

  async offer(from: Side, sdp: string): Promise<string> {
    const outcome = await this.#run(() => this.#options.call.offer(from, sdp));
    this.#said(from, 'offer', sdp, outcome);
    return outcome;
  }

  async answer(from: Side, sdp: string): Promise<string> {
    const { call, paths } = this.#options;
    const outcome = await this.#run(() => call.answer(from, sdp));
    paths.share(call.ue.shared);
    this.#senders.forget();
    this.#watch.start();
    this.#silence.start();
    this.#said(from, 'answer', sdp, outcome);
    return outcome;
  }

  restartIce(): Promise<string | undefined> {
    return this.#run(() => this.#options.call.restartIce());
  }

  async rollback(): Promise<void> {
    if (this.#isReleased()) return;
    try {
      await this.#run(() => this.#options.call.rollback());
    } catch (error) {
      // Released meanwhile: there is nothing left to restore.
      if (!this.#isReleased()) throw error;
    }
  }

  async look(): Promise<readonly StreamReport[]> {
    await this.#look();
    return this.#reports();
  }

  release(): Promise<readonly StreamReport[]> {
    this.#releasing ??= this.#end();
    return this.#releasing;
  }

  /** Its rtpengine has it no more. */
  lost(): void {
    if (!this.#isReleased()) this.emit('lost');
  }

  /** The UE nominated a connection to the gateway. */
  selected(at: StreamPath): void {
    const { call, paths } = this.#options;
    call.selected(at.stream);
    const path = pathOf(at);
    if (paths.selected(path)) this.emit('selected', path);
    else this.#watch.start();
  }

  connectionLost(at: StreamPath): void {
    this.emit('connection-lost', pathOf(at));
    this.#watch.start();
  }

  /** A UE that has gone over to UDP, or to a relay, is silent on TCP, and has lost nothing: rtpengine alone sees that. */
  async mediaLost(at: StreamPath): Promise<void> {
    await this.#look();
    if (this.#isReleased()) return;
    if (!isAtRtpengine(this.#options.paths.pathOf(at.stream.line))) this.emit('media-lost', pathOf(at));
  }

  /** What rtpengine knows of its ways; undefined if it does not tell, or is not to be asked now. Never rejects. */
  async followed(): Promise<FollowedCall | undefined> {
    const { call, paths, mayLook } = this.#options;
    const statistics = mayLook() ? await this.#statistics() : undefined;
    if (statistics === undefined) return undefined;
    const learn = () => this.#learn(statistics);
    return { call, paths, statistics, learn, run: (command) => this.#run(command) };
  }

  #isReleased(): boolean {
    return this.#releasing !== undefined;
  }

  async #run<T>(command: () => Promise<T>): Promise<T> {
    this.#mustBeHeld();
    if (this.#waiting >= maxWaiting)
      throw new EdgeError('anchor-unavailable', 'Too many offers and answers of one call wait for rtpengine.', {
        retryAfter: 1,
      });
    this.#waiting += 1;
    const result = this.#tail.then(async () => {
      this.#mustBeHeld();
      return command();
    });
    this.#tail = result.catch(() => undefined);
    try {
      const outcome = await result;
      this.#mustBeHeld();
      return outcome;
    } catch (error) {
      if (error instanceof EdgeError && error.code === 'anchor-lost') this.lost();
      throw this.#verdict(error);
    } finally {
      this.#waiting -= 1;
    }
  }

  async #end(): Promise<readonly StreamReport[]> {
    const { call, gone } = this.#options;
    this.#watch.stop();
    this.#silence.stop();
    call.closeStreams();
    await this.#tail;
    // A command that was under way may have opened some.
    call.closeStreams();
    const statistics = await call.statistics();
    if (statistics) this.#learn(statistics);
    await call.leaveRtpengine();
    gone();
    return this.#reports();
  }

  #reports(): StreamReport[] {
    const { call, paths } = this.#options;
    return paths.reports((line) => call.ue.lines[line]?.isTcpAlone === true);
  }

  #said(from: Side, what: SaidSdp['what'], said: string, told: string): void {
    this.emit('said', { from, what, said: saidLines(said), told: saidLines(told) });
  }

  /** Whether nothing is to be learned any more of the ways that the call's media takes. */
  async #look(): Promise<boolean> {
    const { call, paths } = this.#options;
    if (this.#isReleased()) return true;
    const statistics = await this.#statistics();
    if (statistics) this.#learn(statistics);
    return paths.areKnown(call.ue.linesInUse);
  }

  /** What rtpengine tells of a call under way; undefined if it does not tell. Never rejects. */
  async #statistics(): Promise<StatisticsByLine | undefined> {
    const statistics = await this.#options.call.statistics();
    if (statistics === undefined || this.#isReleased()) return undefined;
    if (this.#senders.look(statistics)) this.emit('restart-due', 'two-senders');
    return statistics;
  }

  #learn(statistics: StatisticsByLine): void {
    const { name, paths } = this.#options;
    for (const path of paths.learn(statistics)) this.emit('selected', { call: name, ...path });
  }

  /** What the SIP side is told of a failure. */
  #verdict(error: unknown): unknown {
    if (!(error instanceof EdgeError) || !refusals.has(error.code)) return error;
    const { name, log } = this.#options;
    log.warn({ call: name, reason: error.message }, 'rtpengine refused a call');
    return new EdgeError('anchor-unavailable', error.message, { cause: error });
  }

  /** @throws EdgeError `call-ended` once the call is being released */
  #mustBeHeld(): void {
    if (this.#isReleased()) throw new EdgeError('call-ended', 'The call has ended.');
  }
}

function pathOf({ stream, remote, port }: StreamPath): SelectedPath {
  return { call: stream.call, line: stream.line, path: `tcp${port}`, remote };
}
