import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { seeBundling } from './bundling';
import type { CallNames } from './call-names';
import { callStatistics, type CallStatistics } from './call-statistics';
import { controlUrl, type ControlAddress } from './control-address';
import { KeptCalls } from './kept-calls';
import { removeLeftCalls } from './left-calls';
import { NgClient } from './ng-client';
import type { AnswerOptions, NgCommand, NgCommands, NgReply, OfferOptions } from './ng-command';
import { isSilence, unlessSilent } from './refusal';

export interface RtpengineNodeOptions {
  at: ControlAddress;
  logger: Logger;
  /** How long a command may take in all; ms. */
  timeoutMs?: number;
  /** Time between pings; ms. */
  pingIntervalMs?: number;
  /** How long it may answer nothing until its calls are lost; ms. */
  lostAfterMs?: number;
  /** How calls are named there; default: as they are. */
  names?: CallNames;
  /** It has this call no more, or has not answered for too long. The call is still to be deleted. */
  onCallLost: (call: string) => void;
}

/** A node is lost when so many pings in a row got no answer, while no command got one. */
const maxMissed = 3;

/** Commands that wait for a reply, when calls go to another node: rtpengine has work for some 100 ms then. */
const busyAt = 512;

/** Calls whose delete was not answered, kept to be deleted when the node is back. */
const maxOrphans = 10_000;

/**
 * Beyond what a start takes. Media may go on meanwhile, where only the way to it is lost; UEs give up after 30 s, too
 * (RFC 7675 §5.1).
 */
const defaultLostAfterMs = 15_000;

const undeleted = 'rtpengine did not delete a call';

/**
 * One rtpengine: its commands, and whether it answers. It is pinged all the time: a command that gets no answer has
 * failed, but only missed pings tell that the node is lost, and any answer that it is back. Both are logged once.
 * One that was started anew, even between two pings, is told by calls that it does not have: it is asked after some with
 * each ping.
 */
export class RtpengineNode {
  readonly url: string;
  readonly #options: RtpengineNodeOptions;
  readonly #client: NgClient;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #orphans = new Set<string>();
  readonly #kept = new KeptCalls();
  #answeredAt = monotonicNow();
  #up = true;
  #missed = 0;
  /** Calls of former processes are to be deleted; some may be there. */
  #deletesLeft = false;
  #mayHaveLeft = false;
  #bundles: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RtpengineNodeOptions) {
    this.url = controlUrl(options.at);
    this.#options = options;
    this.#logger = options.logger;
    this.#occasionally = new OccasionalLog(options.logger);
    this.#client = new NgClient(options);
  }

  /** True until pings go unanswered; true again as soon as anything is answered. */
  get isUp(): boolean {
    return this.#up;
  }

  /** Whether so many commands wait for it that it should get no new calls. */
  get isBusy(): boolean {
    return this.#client.pending >= busyAt;
  }

  /** Calls that may still exist in rtpengine although they have ended. */
  get orphans(): number {
    return this.#orphans.size;
  }

  /** Asks whether it is there, and keeps asking at intervals. Never rejects. */
  async watch(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.watch(), this.#options.pingIntervalMs ?? 1000).unref();
    try {
      await this.#request('ping', {});
    } catch (error) {
      if (isSilence(error)) this.#miss(reasonOf(error));
      return;
    }
    await this.#lookForLost();
    await this.#deleteOrphans();
    await this.#deleteLeft();
  }

  /** Deletes what former processes of this edge left there, as soon as it answers. Never rejects. */
  async releaseLeft(): Promise<void> {
    this.#deletesLeft = true;
    this.#mayHaveLeft = true;
    await this.watch();
  }

  /** @returns the SDP for the other side */
  async offer(options: OfferOptions): Promise<string> {
    const reply = await this.#request('offer', this.#named(options));
    this.#kept.keep(options['call-id']);
    return sdpOf('offer', reply);
  }

  /** @returns the SDP for the other side */
  async answer(options: AnswerOptions): Promise<string> {
    return sdpOf('answer', await this.#request('answer', this.#named(options)));
  }

  /** Whether it bundles: asked when it is to be known, and again after it was lost. Never rejects: false without an answer. */
  bundles(): Promise<boolean> {
    this.#bundles ??= seeBundling(this).catch((error: unknown) => {
      if (isSilence(error)) this.#bundles = undefined;
      this.#logger.debug(
        { rtpengine: this.url, reason: reasonOf(error) },
        'rtpengine does not tell whether it bundles',
      );
      return false;
    });
    return this.#bundles;
  }

  /** What it knows of a call. (Its reply to `delete` has no statistics.) */
  async query(call: string): Promise<CallStatistics | undefined> {
    return callStatistics(await this.#request('query', this.#named({ 'call-id': call })));
  }

  /**
   * A command of somebody else, bencoded, as it is.
   * @returns the reply, bencoded, be it an error
   * @throws EdgeError `anchor-unavailable`
   */
  async pass(command: Buffer): Promise<Buffer> {
    const reply = await this.#client.pass(command);
    this.#answered();
    return reply;
  }

  /** Watches a call of somebody else: it is told as lost when it is there no more. */
  keep(call: string): void {
    this.#kept.keep(call);
  }

  forget(call: string): void {
    this.#kept.forget(call);
  }

  /** Whether it has this call. Rejects with `anchor-unavailable` where it does not answer. */
  async has(call: string): Promise<boolean> {
    try {
      await this.#request('query', this.#named({ 'call-id': call }));
      return true;
    } catch (error) {
      if (isSilence(error)) throw error;
      return !(error instanceof EdgeError && error.code === 'anchor-call-unknown');
    }
  }

  /** Never rejects. A call whose delete was not answered is deleted with the next answer to a ping. */
  async delete(call: string): Promise<void> {
    this.#kept.forget(call);
    try {
      await this.#remove(this.#name(call));
    } catch (error) {
      const reason = reasonOf(error);
      const isLater = isSilence(error) && this.#orphans.size < maxOrphans;
      if (isLater) this.#orphans.add(call);
      // The loss of the node itself is logged by itself.
      const about = { call, rtpengine: this.url, reason };
      if (isLater) this.#logger.debug(about, undeleted);
      else this.#occasionally.warn(about, undeleted);
    }
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client.close();
  }

  #name(call: string): string {
    return this.#options.names?.of(call) ?? call;
  }

  #named<T extends { 'call-id': string }>(options: T): T {
    return { ...options, 'call-id': this.#name(options['call-id']) };
  }

  async #remove(name: string): Promise<void> {
    await this.#request('delete', { 'call-id': name, 'delete-delay': 0 });
  }

  async #request<C extends NgCommand>(command: C, options: NgCommands[C]): Promise<NgReply> {
    try {
      const reply = await this.#client.request(command, options);
      this.#answered();
      return reply;
    } catch (error) {
      if (!isSilence(error)) this.#answered();
      throw error;
    }
  }

  #answered(): void {
    this.#missed = 0;
    this.#answeredAt = monotonicNow();
    if (this.#up) return;
    this.#up = true;
    this.#mayHaveLeft = this.#deletesLeft;
    // It may be another release.
    this.#bundles = undefined;
    this.#logger.info({ rtpengine: this.url }, 'rtpengine answers again');
  }

  #miss(reason: string): void {
    this.#missed += 1;
    if (this.#closed || this.#missed < maxMissed) return;
    if (this.#up) this.#logger.error({ rtpengine: this.url, reason }, 'rtpengine does not answer');
    this.#up = false;
    const { lostAfterMs = defaultLostAfterMs } = this.#options;
    if (monotonicNow() - this.#answeredAt >= lostAfterMs) this.#giveUpCalls();
  }

  #giveUpCalls(): void {
    const calls = this.#kept.takeAll();
    if (calls.length === 0) return;
    const seconds = Math.round((monotonicNow() - this.#answeredAt) / 1000);
    const about = { rtpengine: this.url, calls: calls.length, seconds };
    this.#occasionally.error(about, 'rtpengine has not answered for too long: its calls are lost');
    for (const call of calls) this.#options.onCallLost(call);
  }

  async #lookForLost(): Promise<void> {
    const calls = await this.#kept.look((call) => this.has(call), this.#options.onCallLost);
    const about = { rtpengine: this.url, calls };
    if (calls > 0)
      this.#occasionally.error(about, 'rtpengine has lost calls: it was started anew, or ended them itself');
  }

  async #deleteOrphans(): Promise<void> {
    for (const call of [...this.#orphans]) {
      if (!this.#up || this.#closed) return;
      if (this.#orphans.delete(call)) await this.delete(call);
    }
  }

  async #deleteLeft(): Promise<void> {
    const { names, at } = this.#options;
    if (!this.#mayHaveLeft || names === undefined) return;
    this.#mayHaveLeft = false;
    try {
      const { removed, isComplete } = await removeLeftCalls({
        list: async (limit) => listOf(await this.#request('list', { limit })),
        remove: (name) => this.#remove(name).catch(unlessSilent),
        isLeft: (name) => names.isLeft(name),
        transport: at.transport,
      });
      const about = { rtpengine: this.url, calls: removed };
      if (removed > 0) this.#logger.info(about, 'calls that a former process of this edge left are deleted');
      if (!isComplete) this.#logger.warn(about, 'rtpengine has more calls than it can list: some may be left over');
    } catch (error) {
      this.#mayHaveLeft = true;
      this.#logger.debug({ rtpengine: this.url, reason: reasonOf(error) }, 'rtpengine did not delete what was left');
    }
  }
}

function listOf({ calls }: NgReply): string[] {
  return Array.isArray(calls) ? calls.filter((name) => typeof name === 'string') : [];
}

function sdpOf(command: string, reply: NgReply): string {
  if (typeof reply.sdp === 'string') return reply.sdp;
  throw new EdgeError('anchor-refused', `rtpengine's reply to ${command} has no body.`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
