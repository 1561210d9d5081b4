import { EdgeError } from '../errors';
import type { StreamPath } from '../gateway/stream';
import type { TransportAddress } from '../ice/transport-address';
import type { MsrpSections } from '../media/call-msrp';
import type { Fallback } from '../media/fallback';
import type { FollowedCall } from '../media/path-follower';
import { withPlacedLines } from '../media/placed-lines';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { CallStatistics } from '../rtpengine/call-statistics';
import { parseSdp, writeSdp, type Sdp } from '../sdp/sdp';
import { TokenBuckets } from '../shares/token-buckets';
import type { AccessSides } from './access-sides';
import { readBencode, writeBencode } from './bencode';
import { NgCall, type NgCallOptions } from './call';
import { CallOptions, ueAddress, withoutOurs } from './call-options';
import type { NgExecutor } from './front';
import type { NgGateway } from './leg';
import { errorReply, type NgRequest } from './message';
import { Queues } from './queues';
import type { Tags, Told } from './told';
import { withUePlaces } from './ue-places';
import { NgDictionary } from './value';

/** The rtpengine of this node. */
interface NgRtpengine {
  /** A bencoded command, as it is; its bencoded reply. @throws EdgeError `anchor-unavailable` */
  pass(command: Buffer): Promise<Buffer>;
  /** @throws EdgeError `anchor-unavailable` */
  has(call: string): Promise<boolean>;
  /** What it knows of a call, by tag. */
  query(call: string): Promise<CallStatistics | undefined>;
  /** To be told when a call is there no more. */
  keep(call: string): void;
  forget(call: string): void;
}

export interface NgCallsOptions extends Pick<NgCallOptions, 'accessInterfaces' | 'msrp' | 'spelling' | 'ownAddresses'> {
  rtpengine: NgRtpengine;
  gateway: NgGateway;
  /** Who is given our candidates, by the UE's address, where the call does not say. */
  fallback: (ueAddress: string | undefined) => Fallback;
  /** Whether what comes as media could command something there. */
  isControl: (place: TransportAddress) => boolean;
  /** Of {@link NgCalls.most}. */
  most: number;
  logger: Logger;
}

/**
 * Executes the commands of clients: all pass to rtpengine, and come back, as they are, but for the SDPs of UEs, which get
 * what is ours, and for statistics, which name a UE on TCP by its own address.
 */
export class NgCalls implements NgExecutor {
  readonly #options: NgCallsOptions;
  readonly #log: OccasionalLog;
  /** By call-id. */
  readonly #calls = new Map<string, NgCall>();
  /** By call-id: each pause of a far end is a reason to ask, and a UE makes as many as it likes. */
  readonly #looks = new TokenBuckets({ perSecond: 1, burst: 4 }, monotonicNow);
  /** Commands of one call run one after the other. */
  readonly #queues = new Queues();
  /** No new calls are taken. */
  isDraining = false;
  /** Calls at most that have something of ours; further ones pass without. */
  most: number;

  constructor(options: NgCallsOptions) {
    this.#options = options;
    this.most = options.most;
    this.#log = new OccasionalLog(options.logger);
  }

  /** Calls with something of ours. */
  get size(): number {
    return this.#calls.size;
  }

  execute(request: NgRequest): Promise<Buffer | NgDictionary> {
    const { name, command } = request;
    const call = command.text('call-id');
    if (call === undefined) return this.#options.rtpengine.pass(request.bencode);
    if (name === 'offer' || name === 'answer') return this.#queues.run(call, () => this.#exchange(name, call, request));
    if (name === 'delete') return this.#queues.run(call, () => this.#delete(call, request));
    if (name === 'query') return this.#query(call, request);
    return this.#options.rtpengine.pass(request.bencode);
  }

  /** rtpengine has it no more. */
  lost(call: string): void {
    this.#close(Buffer.from(call).toString('latin1'));
  }

  /** The UE nominated a connection. */
  selected({ stream }: StreamPath): void {
    if (stream.content === 'msrp') return;
    for (const leg of this.#callOf(stream.call)?.legs ?? []) if (leg.name === stream.call) leg.streams.selected(stream);
  }

  /**
   * What rtpengine knows of the ways of a leg; undefined if it does not tell. Its offers are its client's, so no
   * candidate can be ranked anew. Never rejects.
   */
  async followed(leg: string): Promise<FollowedCall | undefined> {
    const call = this.#callOf(leg);
    const named = call?.named(leg);
    if (call === undefined || named === undefined || !this.#looks.take(call.id)) return undefined;
    const told = await this.#options.rtpengine.query(wordsOf(call.id)).catch(() => undefined);
    const lines = told?.get(wordsOf(named.tag));
    if (lines === undefined) return undefined;
    const { paths } = named.leg;
    const statistics = new Map(lines.map((access, line) => [line, { access, core: undefined }]));
    const rank = () => Promise.resolve(false);
    return {
      call: { rank },
      paths,
      statistics,
      run: (command) => command(),
      learn: () => void paths.learn(statistics),
    };
  }

  #callOf(leg: string): NgCall | undefined {
    return this.#calls.get(leg.slice(0, leg.lastIndexOf(' ')));
  }

  /** May be called twice. */
  close(): void {
    for (const call of [...this.#calls.keys()]) this.#forget(call);
  }

  async #exchange(what: Told['what'], id: string, { command, bencode }: NgRequest): Promise<Buffer | NgDictionary> {
    const { rtpengine } = this.#options;
    const tags = tagsOf(command);
    if (this.isDraining && what === 'offer' && tags.to === undefined && !this.#calls.has(id))
      return refusedNew(command);
    const options = new CallOptions(command);
    const said = sdpOf(command);
    const sdp = said && this.#placed(said);
    if (sdp instanceof EdgeError) return errorReply(sdp.message);
    const known = withoutOurs(command);
    const ours = sdp === said || sdp === undefined ? known : known.with('sdp', writeSdp(sdp));
    const plain = () => rtpengine.pass(ours === command ? bencode : writeBencode(ours));
    if (sdp === undefined || options.has('fragment')) return plain();
    const call = this.#calls.get(id) ?? this.#newCall(id);
    if (call === undefined) return plain();
    // What a call was told once holds for all of it.
    call.fallback = options.fallback ?? call.fallback;
    const fallback = call.fallback ?? this.#options.fallback(ueAddress(options));
    const told: Told = { what, tags, options, sdp, fallback };
    try {
      return fallback === 'off' ? await plain() : await this.#withOurs(call, told, ours);
    } finally {
      this.#settle(id, call);
    }
  }

  async #withOurs(call: NgCall, told: Told, command: NgDictionary): Promise<Buffer | NgDictionary> {
    const sides = call.sidesOf(told);
    const messages = await this.#messages(call, told, sides);
    const asked = told.what === 'offer' ? withIceLite(command, told.options, sides) : command;
    const reply = await this.#options.rtpengine.pass(writeBencode(asked)).catch((error: unknown) => {
      call.refused();
      throw error;
    });
    const { value } = readBencode(reply);
    const sdp = value instanceof NgDictionary ? sdpOf(value) : undefined;
    if (!(value instanceof NgDictionary) || sdp === undefined || isLooped(told, asked, value)) {
      call.refused();
      return reply;
    }
    const written = call.taken(told, sides, sdp, messages);
    return written === sdp ? reply : value.with('sdp', writeSdp(written));
  }

  /** Lines whose media would go where something is commanded are declined. */
  #placed(sdp: Sdp): Sdp | EdgeError {
    try {
      return withPlacedLines(sdp, (_line, place) => !this.#options.isControl(place));
    } catch (error) {
      // That nothing can be said of it is rtpengine's to say.
      if (error instanceof EdgeError) return error.code === 'no-usable-media' ? error : sdp;
      throw error;
    }
  }

  /** Its lines pass as they are where they cannot be opened. */
  async #messages(call: NgCall, told: Told, sides: AccessSides): Promise<MsrpSections> {
    try {
      return await call.messages(told, sides);
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      this.#log.warn({ reason: error.message }, 'MSRP of an ng call passes as it is');
      return new Map();
    }
  }

  async #delete(id: string, { command, bencode }: NgRequest): Promise<Buffer> {
    const reply = await this.#options.rtpengine.pass(bencode);
    const call = this.#calls.get(id);
    const { value } = readBencode(reply);
    if (call === undefined || !(value instanceof NgDictionary)) return reply;
    const told = withUePlaces(value, call);
    if (value.text('result') !== 'ok') return reply;
    // Tags that did not match leave the call as it is; and it may never have been there, as in a loop.
    const isFound = value.get('warning') === undefined;
    if (isFound ? !call.closeBranch(tagsOf(command)) : !(await this.#options.rtpengine.has(wordsOf(id))))
      this.#forget(id);
    return told === value ? reply : writeBencode(told);
  }

  async #query(id: string, { bencode }: NgRequest): Promise<Buffer | NgDictionary> {
    const reply = await this.#options.rtpengine.pass(bencode);
    const call = this.#calls.get(id);
    if (call === undefined) return reply;
    const { value } = readBencode(reply);
    return value instanceof NgDictionary ? withUePlaces(value, call) : reply;
  }

  #newCall(id: string): NgCall | undefined {
    const { gateway, accessInterfaces, msrp, spelling, ownAddresses } = this.#options;
    if (this.#calls.size >= this.most) {
      this.#log.warn({ most: this.most }, 'an ng call has no candidate on our ports: there are too many');
      return undefined;
    }
    const call = new NgCall({ id, gateway, accessInterfaces, msrp, spelling, ownAddresses, log: this.#log });
    this.#calls.set(id, call);
    return call;
  }

  /** A call of which nothing is open is rtpengine's alone. */
  #settle(id: string, call: NgCall): void {
    if (this.#calls.get(id) !== call) return;
    if (call.isUsed) this.#options.rtpengine.keep(wordsOf(id));
    else this.#forget(id);
  }

  #close(id: string): void {
    this.#calls.get(id)?.close();
    this.#calls.delete(id);
  }

  #forget(id: string): void {
    this.#close(id);
    this.#options.rtpengine.forget(wordsOf(id));
  }
}

function tagsOf(command: NgDictionary): Tags {
  const {
    from = '',
    to,
    branch = '',
  } = {
    from: command.text('from-tag'),
    to: command.text('to-tag'),
    branch: command.text('via-branch'),
  };
  return { from, to, branch };
}

/** As rtpengine's own client writes names: ours have a character for each byte. */
function wordsOf(name: string): string {
  return Buffer.from(name, 'latin1').toString();
}

/** An offer that comes back as it went was here before: with loop-protect, another call has it. */
function isLooped({ what }: Told, asked: NgDictionary, reply: NgDictionary): boolean {
  return what === 'offer' && asked.text('sdp') === reply.text('sdp');
}

/** Undefined: there is none that can be read. */
function sdpOf(message: NgDictionary): Sdp | undefined {
  const text = message.text('sdp');
  if (text === undefined) return undefined;
  try {
    return parseSdp(text);
  } catch {
    // rtpengine says what it thinks of it.
    return undefined;
  }
}

/** The gateway nominates once, as a UE does toward an ICE-lite agent: rtpengine has to be one for UEs. */
function withIceLite(command: NgDictionary, options: CallOptions, { from, to }: AccessSides): NgDictionary {
  if ((!from && !to) || options.values('ice-lite').length > 0) return command;
  return command.with('ICE-lite', from && to ? 'both' : to ? 'forward' : 'backward');
}

/** In the words by which clients go to another node. */
function refusedNew(command: NgDictionary): NgDictionary {
  const message = 'This node takes no new calls: it is being drained';
  if (command.words('supports').includes('load limit')) return NgDictionary.of({ result: 'load limit', message });
  return errorReply('Parallel session limit reached');
}
