import type { CallStatistics } from '../rtpengine/call-statistics';
import type { OfferOptions } from '../rtpengine/ng-command';
import { anchoredLines, isAnyInUse, takeAnchored, type AnchoredLines } from '../sdp/anchored-lines';
import { joinSdp, splitSdp, type SdpLines } from '../sdp/sdp-lines';
import { viewSession, type MediaView } from '../sdp/session-view';
import { areSourcesKnown } from '../sdp/source-address';
import { answerOfNobody } from './answer-of-nobody';
import type { Side } from './media-anchor';
import type { CallLines } from './line-shares';
import { answerOptions, offerOptions, type NgOptionsInput } from './ng-options';
import type { Profile } from './profiles';
import { firstOffer, type RtpengineChoice, type RtpengineCommands } from './rtpengine-choice';

/** What a side said, and what rtpengine is shown of it. */
export interface ShownSdp {
  from: Side;
  view: readonly MediaView[];
  shown: SdpLines;
}

/** What decides how an offer is told, beside the SDP. */
export interface OfferToTell {
  /** Lines that are carried. */
  most: number;
  /** The UE answered without ICE: it is not offered again. */
  ueDeclinedIce: boolean;
  /** What the other side is offered, if not the profile of the SDP. */
  profile: Profile | undefined;
}

/**
 * One call at the rtpengine that took its first offer. It is at none as long as no line for rtpengine is in use: SDPs
 * whose lines all have port 0 are not shown, which releases since mr13 refuse.
 */
export class CallAtRtpengine {
  readonly #name: string;
  readonly #rtpengine: RtpengineChoice;
  readonly #charged: CallLines;
  readonly #learnsCore: boolean;
  #node: RtpengineCommands | undefined;
  #lines: AnchoredLines = [];
  /** It knows both sides. */
  #isKnown = false;
  /** The answer that counts has declined all its lines. */
  #isDeclined = false;

  /**
   * @param charged is charged with the lines that rtpengine keeps: all that it was ever shown
   * @param learnsCore media toward the core goes to where its RTP comes from
   */
  constructor(name: string, rtpengine: RtpengineChoice, charged: CallLines, learnsCore: boolean) {
    this.#learnsCore = learnsCore;
    this.#name = name;
    this.#charged = charged;
    this.#rtpengine = rtpengine;
  }

  /** The lines that it knows, in its order. */
  get lines(): AnchoredLines {
    return this.#lines;
  }

  /**
   * @returns what it wrote for the other side; undefined where no line for it is in use
   * @throws EdgeError
   */
  async offer(said: ShownSdp, { most, ueDeclinedIce, profile }: OfferToTell): Promise<string | undefined> {
    // It knows the first offer alone, which a fork could still have accepted until now.
    if (this.#isDeclined) await this.leave();
    const lines = anchoredLines(this.#lines, said.shown, most);
    if (!isAnyInUse(said.shown, lines)) return undefined;
    this.#charged.hold(lines.length, said.from);
    const known = this.#isKnown;
    const options = offerOptions(this.#optionsInput(said, lines), { known, ueDeclinedIce, profile });
    const reply = await (this.#node === undefined ? this.#firstOffer(options, said.from) : this.#node.offer(options));
    this.#lines = lines;
    return reply;
  }

  /**
   * @param isFirst of the first offer, which forks may answer one after the other
   * @throws EdgeError; returns as {@link offer}
   */
  async answer(said: ShownSdp, isFirst: boolean): Promise<string | undefined> {
    if (this.#node === undefined) return undefined;
    this.#isDeclined = !isAnyInUse(said.shown, this.#lines);
    if (!this.#isDeclined) {
      const reply = await this.#node.answer(answerOptions(this.#optionsInput(said, this.#lines)));
      this.#isKnown = true;
      return reply;
    }
    if (!isFirst) await this.leave();
    return undefined;
  }

  /** What it knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<CallStatistics | undefined> {
    return this.#node?.query(this.#name).catch(() => undefined);
  }

  /** Frees what it holds, and may be called twice; a later offer may bring the call to an rtpengine again. Never rejects. */
  async leave(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    this.#lines = [];
    this.#isKnown = false;
    this.#isDeclined = false;
    await node?.delete(this.#name);
    this.#charged.release();
  }

  async #firstOffer(options: OfferOptions, from: Side): Promise<string> {
    const { node, reply } = await firstOffer(this.#rtpengine, options);
    this.#node = node;
    const nobody = from === 'core' ? answerOfNobody(splitSdp(reply)) : undefined;
    if (nobody !== undefined) {
      const sdp = joinSdp(nobody);
      await node.answer(answerOptions({ call: this.#name, from: 'access', sdp, isSourceKnown: true }));
    }
    return reply;
  }

  #optionsInput({ from, view, shown }: ShownSdp, lines: AnchoredLines): NgOptionsInput {
    const sdp = joinSdp(takeAnchored(shown, lines));
    const isSourceKnown = from === 'core' ? !this.#learnsCore : areSourcesKnown(view, viewSession(shown).media);
    return { call: this.#name, from, sdp, isSourceKnown };
  }
}
