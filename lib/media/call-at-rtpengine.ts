import type { CallStatistics } from '../rtpengine/call-statistics';
import { takeAnchored, type AnchoredLines } from '../sdp/anchored-lines';
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

/** One call at the rtpengine that took its first offer; at none as long as no line of the call is for one. */
export class CallAtRtpengine {
  readonly #name: string;
  readonly #rtpengine: RtpengineChoice;
  readonly #charged: CallLines;
  #node: RtpengineCommands | undefined;
  /** It knows both sides. */
  #isKnown = false;

  /** @param charged is charged with the lines that rtpengine keeps: all that it was ever shown */
  constructor(name: string, rtpengine: RtpengineChoice, charged: CallLines) {
    this.#name = name;
    this.#charged = charged;
    this.#rtpengine = rtpengine;
  }

  /**
   * @param ueDeclinedIce the UE answered without ICE: it is not offered again
   * @param profile what the other side is offered, if not the profile of the SDP
   * @returns what it wrote for the other side; undefined where none of the call's lines was ever for it
   * @throws EdgeError
   */
  async offer(
    said: ShownSdp,
    lines: AnchoredLines,
    { ueDeclinedIce, profile }: { ueDeclinedIce: boolean; profile: Profile | undefined },
  ): Promise<string | undefined> {
    this.#charged.hold(lines.length, said.from);
    const known = this.#isKnown;
    const options = offerOptions(this.#optionsInput(said, lines), { known, ueDeclinedIce, profile });
    if (this.#node !== undefined) return this.#node.offer(options);
    if (lines.length === 0) return undefined;
    const { node, reply } = await firstOffer(this.#rtpengine, options);
    this.#node = node;
    const nobody = said.from === 'core' ? answerOfNobody(splitSdp(reply)) : undefined;
    if (nobody !== undefined) {
      const sdp = joinSdp(nobody);
      await node.answer(answerOptions({ call: this.#name, from: 'access', sdp, isSourceKnown: true }));
    }
    return reply;
  }

  /** @throws EdgeError; returns as {@link offer} */
  async answer(said: ShownSdp, lines: AnchoredLines): Promise<string | undefined> {
    const reply = await this.#node?.answer(answerOptions(this.#optionsInput(said, lines)));
    this.#isKnown = this.#node !== undefined;
    return reply;
  }

  /** What it knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<CallStatistics | undefined> {
    return this.#node?.query(this.#name).catch(() => undefined);
  }

  /** Frees what it holds; may be called twice. Never rejects. */
  async delete(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.delete(this.#name);
    this.#charged.release();
  }

  #optionsInput({ from, view, shown }: ShownSdp, lines: AnchoredLines): NgOptionsInput {
    const sdp = joinSdp(takeAnchored(shown, lines));
    return { call: this.#name, from, sdp, isSourceKnown: areSourcesKnown(view, viewSession(shown).media) };
  }
}
