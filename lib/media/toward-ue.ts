import type { MediaStream } from '../gateway/stream';
import { bundledLines } from '../sdp/bundle';
import { withoutRtcpPayloadTypes } from '../sdp/payload-types';
import type { Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';
import type { CallBundle, GroupedForUe } from './call-bundle';
import type { CallStreams, OpenStreams } from './call-streams';
import type { Exchange } from './exchange';
import { muxesRtcp } from './fallback';
import { UeSdp, type UeLines, type UeSdpOptions, type WrittenForUe } from './ue-sdp';
import type { UeWords } from './ue-words';

export interface TowardUeOptions extends Omit<UeSdpOptions, 'streams'> {
  streams: CallStreams;
  bundle: CallBundle;
  ue: UeWords;
}

/** An SDP that the UE may get: the gateway is open to what it tells of. */
export interface OpenedForUe extends WrittenForUe {
  grouped: GroupedForUe;
  told: OpenStreams;
}

/** The UE's side of offers and answers: the gateway is opened before the SDP that tells of it is written (C1). */
export class TowardUe {
  readonly #streams: CallStreams;
  readonly #bundle: CallBundle;
  readonly #ue: UeWords;
  readonly #sdp: UeSdp;

  constructor(options: TowardUeOptions) {
    this.#streams = options.streams;
    this.#bundle = options.bundle;
    this.#ue = options.ue;
    this.#sdp = new UeSdp(options);
  }

  /** @param reply what rtpengine wrote as offer to the UE */
  offer({ view, number, mismatched, offersGroup }: Exchange, reply: Sdp): OpenedForUe {
    const line = (index: number) => view[index] && this.#ue.of(view[index]);
    const grouped = this.#bundle.inOffer(reply, offersGroup, this.#ue.shared);
    return this.#open(grouped, { isAnswer: false, line, tcp: this.#ue.tcp, mismatched }, number);
  }

  /**
   * @param reply what rtpengine wrote as answer to the UE's offer
   * @param bundles rtpengine does
   */
  answer({ view, tcp, mismatched, shared, number }: Exchange, reply: Sdp, bundles: boolean): OpenedForUe {
    const grouped = this.#bundle.inAnswer(reply, shared, bundles);
    this.#ue.shared = grouped.shared;
    const opened = this.#open(grouped, { isAnswer: true, line: (index) => view[index], tcp, mismatched }, number);
    this.#streams.settle(new Set(opened.told.keys()), number);
    return opened;
  }

  /**
   * The UE has answered our offer.
   * @param bundles rtpengine does
   */
  answered({ told, number, offersGroup }: Exchange, answer: Sdp, bundles: boolean): void {
    const { media } = viewSession(answer);
    this.#bundle.answered(answer, offersGroup);
    this.#ue.shared = bundles ? bundledLines(answer) : new Map();
    const isTaken = (line: MediaView | undefined) =>
      line?.hasIce === true && line.port !== 0 && muxesRtcp(line) && !this.#ue.shared.has(line.index);
    const taken: MediaStream[] = [...told.values()].filter(({ line }) => isTaken(media[line]));
    // A 18x answer without ICE may have closed what the 200's needs.
    this.#streams.open(taken, number);
    this.#streams.settle(new Set(taken.map(({ line }) => line)), number);
  }

  #open(reply: GroupedForUe, lines: UeLines, exchange: number): OpenedForUe {
    const grouped = { ...reply, sdp: withoutRtcpPayloadTypes(reply.sdp) };
    const told = this.#streams.open(this.#sdp.streams(grouped, lines), exchange);
    return { ...this.#sdp.write(grouped, lines, told), grouped, told };
  }
}
