import type { LineStatistics } from '../rtpengine/call-statistics';
import type { OfferOptions } from '../rtpengine/ng-command';
import { anchoredLines, isAnyInUse, takeAnchored, type AnchoredLines } from '../sdp/anchored-lines';
import { bundleGroups, withDeclined, withoutBundle, type SharedTransports } from '../sdp/bundle';
import { parseSdp, type Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';
import { areSourcesKnown } from '../sdp/ue-place';
import { answerOfNobody } from './answer-of-nobody';
import type { Side } from './media-anchor';
import type { CallLines } from './line-shares';
import { answerOptions, offerOptions, type NgOptionsInput, type OfferWishes } from './ng-options';
import { firstOffer, type RtpengineChoice, type RtpengineCommands } from './rtpengine-choice';

/** What a side said, and what rtpengine is shown of it. */
export interface ShownSdp {
  from: Side;
  view: readonly MediaView[];
  shown: Sdp;
  /** Lines with no transport of their own: they are declined where rtpengine does not bundle. */
  shared: SharedTransports;
}

export interface CallAtRtpengineOptions {
  name: string;
  rtpengine: RtpengineChoice;
  /** Is charged with the lines that rtpengine keeps: all that it was ever shown. */
  charged: CallLines;
  /** Its ports are to be anybody's now. */
  freed: () => void;
  /** Media toward the core goes to where its RTP comes from. */
  learnsCore: boolean;
}

/** What rtpengine tells of a call's lines, by their index in the SDP. */
export type StatisticsByLine = ReadonlyMap<number, Readonly<Record<Side, LineStatistics | undefined>>>;

/**
 * One call at the rtpengine that took its first offer. It is at none as long as no line for rtpengine is in use: SDPs
 * whose lines all have port 0 are not shown, which releases since mr13 refuse.
 */
export class CallAtRtpengine {
  readonly #name: string;
  readonly #rtpengine: RtpengineChoice;
  readonly #charged: CallLines;
  readonly #freed: () => void;
  readonly #learnsCore: boolean;
  #node: RtpengineCommands | undefined;
  #lines: AnchoredLines = [];
  /** It knows both sides. */
  #isKnown = false;
  /** The answer that counts has declined all its lines. */
  #isDeclined = false;
  #bundles = false;
  #losses = 0;

  constructor({ name, rtpengine, charged, freed, learnsCore }: CallAtRtpengineOptions) {
    this.#name = name;
    this.#rtpengine = rtpengine;
    this.#charged = charged;
    this.#freed = freed;
    this.#learnsCore = learnsCore;
  }

  /** The lines that it knows, in its order. */
  get lines(): AnchoredLines {
    return this.#lines;
  }

  /** Whether it bundles the lines that the SDPs so far would have bundled. */
  get bundles(): boolean {
    return this.#bundles;
  }

  /**
   * How often rtpengine, when it got an offer, had lost the call, as after a restart: it takes the offer for a new call,
   * with other ports and keys than both ends have.
   */
  get losses(): number {
    return this.#losses;
  }

  /**
   * @returns what it wrote for the other side; undefined where no line for it is in use
   * @throws EdgeError
   */
  async offer(said: ShownSdp & OfferWishes): Promise<Sdp | undefined> {
    // It knows the first offer alone, which a fork could still have accepted until now.
    if (this.#isDeclined) await this.leave();
    const lines = anchoredLines(this.#lines, said.shown, this.#charged.most);
    if (!isAnyInUse(said.shown, lines)) return undefined;
    this.#charged.hold(lines.length, said.from);
    const known = this.#isKnown;
    if ((await this.#node?.has(this.#name)) === false) this.#losses += 1;
    const optionsFor = async (node: RtpengineCommands) =>
      offerOptions(await this.#optionsInput(node, said, lines, said.offersGroup), { ...said, known });
    const node = this.#node;
    const reply = await (node === undefined ? this.#firstOffer(optionsFor) : node.offer(await optionsFor(node)));
    this.#lines = lines;
    const offered = parseSdp(reply);
    if (node === undefined && said.from === 'core') await this.#answerForNobody(offered);
    return offered;
  }

  /**
   * @param isFirst of the first offer, which forks may answer one after the other
   * @throws EdgeError; returns as {@link offer}
   */
  async answer(said: ShownSdp, isFirst: boolean): Promise<Sdp | undefined> {
    const node = this.#node;
    if (node === undefined) return undefined;
    this.#isDeclined = !isAnyInUse(said.shown, this.#lines);
    if (!this.#isDeclined) {
      const reply = await node.answer(answerOptions(await this.#optionsInput(node, said, this.#lines, false)));
      this.#isKnown = true;
      return parseSdp(reply);
    }
    if (!isFirst) await this.leave();
    return undefined;
  }

  /** What it knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<StatisticsByLine | undefined> {
    const told = await this.#node?.query(this.#name).catch(() => undefined);
    const of = (side: Side, index: number) => told?.get(side)?.[index];
    const lines = this.#lines.map((line, at) => [line, { access: of('access', at), core: of('core', at) }] as const);
    return told && new Map(lines);
  }

  /**
   * Frees what it holds, and may be called twice; a later offer may bring the call to an rtpengine again. Never
   * rejects.
   */
  async leave(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    this.#lines = [];
    this.#isKnown = false;
    this.#isDeclined = false;
    this.#freed();
    await node?.delete(this.#name);
    this.#charged.release();
  }

  async #firstOffer(optionsFor: (node: RtpengineCommands) => Promise<OfferOptions>): Promise<string> {
    const { node, reply } = await firstOffer(this.#rtpengine, optionsFor);
    this.#node = node;
    return reply;
  }

  async #answerForNobody(offered: Sdp): Promise<void> {
    const nobody = answerOfNobody(offered);
    if (nobody === undefined) return;
    const common = { call: this.#name, from: 'access', isSourceKnown: true, bundles: false } as const;
    await this.#node?.answer(answerOptions({ ...common, sdp: nobody }));
  }

  async #optionsInput(
    node: RtpengineCommands,
    { from, view, shown, shared }: ShownSdp,
    lines: AnchoredLines,
    offersGroup: boolean,
  ): Promise<NgOptionsInput> {
    // For calls of browsers alone it is to be known.
    if (offersGroup || bundleGroups(shown).length > 0) this.#bundles = await node.bundles();
    const sdp = takeAnchored(this.#bundles ? shown : withoutBundle(withDeclined(shown, shared)), lines);
    const isSourceKnown = from === 'core' ? !this.#learnsCore : areSourcesKnown(view, viewSession(shown).media);
    return { call: this.#name, from, sdp, isSourceKnown, bundles: this.#bundles };
  }
}
