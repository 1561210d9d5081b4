import { randomInt } from 'node:crypto';
import { EdgeError } from '../errors';
import type { MediaStream, Stream } from '../gateway/stream';
import type { OccasionalLog } from '../ops/occasional-log';
import type { CallStatistics } from '../rtpengine/call-statistics';
import { anchoredLines, matchAnswer, putBackAnchored, type AnchoredLines } from '../sdp/anchored-lines';
import { withoutTurnedFeedback } from '../sdp/feedback';
import type { GatewayCandidateOptions } from '../sdp/gateway-candidate';
import { withIceLite, withoutIce } from '../sdp/ice-attributes';
import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { withoutIceOn } from '../sdp/ice-mismatch';
import { withOfferedFormats } from '../sdp/line-formats';
import { isAnchorable } from '../sdp/media-line';
import { emptySdp, joinSdp, splitSdp, withSections, type SdpLines } from '../sdp/sdp-lines';
import { SessionOrigin } from '../sdp/session-origin';
import { viewSession, type MediaView } from '../sdp/session-view';
import type { TcpLines } from '../sdp/tcp-media-lines';
import { CallAtRtpengine, type ShownSdp } from './call-at-rtpengine';
import { CallMsrp, type MsrpSections, type MsrpSwitch } from './call-msrp';
import { CallStreams, type StreamGateway } from './call-streams';
import { muxesRtcp, type Fallback } from './fallback';
import type { CallLines } from './line-shares';
import { otherSide, type Side } from './media-anchor';
import { profileToward, type Profile, type Profiles } from './profiles';
import type { CallPlaces } from './placed-media';
import { receivedSdp, requireOfferedTransport } from './received-sdp';
import { keepRestartBack } from './restart';
import type { RtpengineChoice } from './rtpengine-choice';
import { requireUsable, shownSdp } from './shown-sdp';
import { TowardUe } from './toward-ue';
import { UeWords } from './ue-words';

export interface AnchoredCallOptions {
  name: string;
  rtpengine: RtpengineChoice;
  gateway: StreamGateway;
  fallback: Fallback;
  candidates: GatewayCandidateOptions;
  profiles: Profiles;
  /** Where the UE's SIP comes from; undefined: not known. */
  ueAddress: string | undefined;
  /** Undefined: lines for MSRP are declined. */
  msrp: MsrpSwitch | undefined;
  places: CallPlaces;
  /** What the call takes of its UE's share. */
  charged: CallLines;
  log: OccasionalLog;
}

const noSections: MsrpSections = new Map();

/** An offer, and its answers: several if the core forks, or repeats that of a 18x in the 200. */
interface Exchange {
  number: number;
  from: Side;
  offer: SdpLines;
  view: readonly MediaView[];
  /** What rtpengine is shown of it. */
  shown: SdpLines;
  /** What it is shown before the answer only: an ICE restart. */
  keptBack: readonly SdpLines[];
  ueDeclinedIce: boolean;
  lines: AnchoredLines;
  /** Of an offer of the UE: the lines without ICE because of a mismatch. */
  mismatched: ReadonlySet<number>;
  /** The UE's lines that are RTP over TCP, by its offer or by ours to it. */
  tcp: TcpLines;
  /** The streams of which our offer to the UE told. */
  told: ReadonlyMap<number, MediaStream>;
  /** The lines of our offer to the UE that have no ICE. */
  withoutIce: ReadonlySet<number>;
}

/** An exchange with the answer that counts: the last one. */
interface CompleteExchange {
  exchange: Exchange;
  answer: ShownSdp;
}

/**
 * One call in rtpengine and gateway: what each side said last, and what follows from that for the SDP to the
 * other. Its methods must not run at the same time.
 */
export class AnchoredCall {
  readonly #rtpengine: CallAtRtpengine;
  readonly #profiles: Profiles;
  readonly #ueAddress: string | undefined;
  readonly #maySend: CallPlaces['rtp'];
  readonly #streams: CallStreams;
  readonly #mostLines: number;
  readonly #msrp: CallMsrp | undefined;
  readonly #shown: Readonly<Record<Side, string>> | undefined;
  readonly #forUe: TowardUe;
  readonly #origins = { access: new SessionOrigin(randomInt(2 ** 47)), core: new SessionOrigin(randomInt(2 ** 47)) };
  #exchange: Exchange | undefined;
  #exchanges = 0;
  /** The last exchange with an answer. */
  #complete: CompleteExchange | undefined;
  readonly #ue = new UeWords();
  /** Those of them that are RTP over TCP. */
  #tcp: TcpLines = new Map();
  #lines: AnchoredLines = [];

  constructor(options: AnchoredCallOptions) {
    const { name, rtpengine, gateway, fallback, candidates, profiles, ueAddress, msrp, places, charged, log } = options;
    this.#rtpengine = new CallAtRtpengine(name, rtpengine, charged);
    this.#profiles = profiles;
    this.#ueAddress = ueAddress;
    this.#maySend = places.rtp;
    this.#streams = new CallStreams(gateway);
    this.#mostLines = charged.most;
    this.#shown = msrp?.shown;
    const forMsrp = { call: name, gateway, fallback, candidates, ueAddress, maySend: places.msrp, charged };
    this.#msrp = msrp && new CallMsrp({ ...forMsrp, bridges: msrp });
    this.#forUe = new TowardUe({ call: name, gateway, streams: this.#streams, fallback, candidates, log });
  }

  /** False until the first offer was taken. */
  get isOpen(): boolean {
    return this.#exchange !== undefined;
  }

  /** The lines that rtpengine knows, in its order. */
  get anchoredLines(): AnchoredLines {
    return this.#lines;
  }

  /** The lines of the UE that the last complete exchange left in use at rtpengine. */
  get linesInUse(): number[] {
    return this.#ue.lines
      .filter(({ port, transport }) => port !== 0 && isAnchorable(transport))
      .map(({ index }) => index);
  }

  /** What rtpengine knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<CallStatistics | undefined> {
    return this.#rtpengine.statistics();
  }

  /** @throws EdgeError, the call is left as it was; after a first offer nothing is left of it */
  async offer(from: Side, text: string): Promise<string> {
    const isFirst = !this.isOpen;
    try {
      return await this.#offer(from, text);
    } catch (error) {
      if (isFirst) {
        this.closeStreams();
        await this.delete();
      }
      throw error;
    }
  }

  /**
   * @throws EdgeError, the call is left as it was; but if rtpengine refuses the answer to an ICE restart, its old
   * credentials are gone and the call is to be released
   */
  async answer(from: Side, text: string): Promise<string> {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.from === from)
      throw new EdgeError('answer-unexpected', 'An SDP answer came without an offer.', { sipStatus: 488 });
    const received = receivedSdp(from, text, this.#maySend.core, this.#mostLines);
    requireOfferedTransport(received, exchange.tcp);
    const answer = matchAnswer(withoutIceOn(received.sdp, exchange.withoutIce), exchange.offer);
    const { media: view } = viewSession(answer);
    const shown = shownSdp(from, answer, this.#ueAddress, this.#maySend.access);
    for (const restart of exchange.keptBack) await this.#askRtpengine({ ...exchange, shown: restart });
    exchange.keptBack = [];
    const messages = (await this.#msrp?.answer(from, answer)) ?? noSections;
    const said = { from, view, shown: withOfferedFormats(shown, exchange.offer) };
    const reply = await this.#rtpengine.answer(said, exchange.lines);
    this.#complete = { exchange, answer: said };
    const towardOther = putBackAnchored(this.#replied(reply, from), exchange.lines, answer);
    this.#ue.heard(from === 'access' ? view : exchange.view);
    this.#tcp = from === 'access' ? received.tcp : exchange.tcp;
    return from === 'access'
      ? this.#answerOfUe(exchange, view, towardOther, messages)
      : this.#answerToUe(exchange, towardOther, messages);
  }

  /**
   * Takes back an offer that has no answer. rtpengine has acted on it already, so it is told the last complete
   * exchange again; the SDPs that come back are those that both sides have.
   *
   * @throws EdgeError, rtpengine and gateway are left as the offer made them
   */
  async rollback(): Promise<void> {
    const complete = this.#complete;
    if (complete === undefined || this.#exchange === complete.exchange) return;
    const { answer } = complete;
    // With the lines that the refused offer added: rtpengine knows them now, and sees them declined.
    const lines = this.#lines;
    const exchange = { ...complete.exchange, lines };
    await this.#askRtpengine(exchange);
    await this.#rtpengine.answer(answer, lines);
    this.#streams.rollback();
    this.#msrp?.rollback();
    this.#exchange = exchange;
    this.#complete = { exchange, answer };
  }

  /** The UE nominated a connection of this stream. */
  selected(stream: Stream): void {
    if (stream.content !== 'msrp') this.#streams.selected(stream);
  }

  /** Closes the gateway to the call, at once. */
  closeStreams(): void {
    this.#streams.close();
    this.#msrp?.close();
  }

  /** Frees what rtpengine holds. Never rejects. */
  async delete(): Promise<void> {
    await this.#rtpengine.delete();
  }

  async #offer(from: Side, text: string): Promise<string> {
    const { sdp: offer, tcp, mismatched } = receivedSdp(from, text, this.#maySend.core, this.#mostLines);
    const { media: view } = viewSession(offer);
    if (!this.isOpen) requireUsable(view, this.#msrp !== undefined);
    const shown = shownSdp(from, offer, this.#ueAddress, this.#maySend.access);
    const { now, onAnswer: keptBack } =
      from === 'access' ? keepRestartBack(shown, this.#ue.lines) : { now: shown, onAnswer: [] };
    const lines = anchoredLines(this.#lines, offer, this.#mostLines);
    const ueDeclinedIce = this.#ue.declinesIce;
    const messages = (await this.#msrp?.offer(from, offer)) ?? noSections;
    const reply = await this.#askRtpengine({ from, view, shown: now, ueDeclinedIce, lines }).catch((error: unknown) => {
      this.#msrp?.rollback();
      throw error;
    });
    this.#lines = lines;
    const known = { number: ++this.#exchanges, from, offer, view, shown, keptBack, ueDeclinedIce, lines, mismatched };
    const towardOther = putBackAnchored(this.#replied(reply, from), lines, offer);
    if (from === 'access') {
      this.#exchange = { ...known, tcp, told: new Map(), withoutIce: new Set() };
      return this.#towardCore(towardOther, view, messages);
    }
    const line = (index: number) => this.#ue.of(index, view[index]?.transport ?? '');
    const ue = { isAnswer: false, exchange: known.number, line, tcp: this.#tcp, mismatched };
    const written = this.#forUe.write(towardOther, ue);
    const plain = viewSession(withSections(written.sdp, messages)).media.filter(({ hasIce }) => !hasIce);
    const withoutIce = new Set(plain.map(({ index }) => index));
    this.#exchange = { ...known, tcp: written.tcp, told: written.told, withoutIce };
    return this.#writtenForUe(written.sdp, messages);
  }

  #askRtpengine(offer: ShownSdp & Pick<Exchange, 'ueDeclinedIce' | 'lines'>): Promise<string | undefined> {
    const { from, lines, ueDeclinedIce } = offer;
    const profile = this.#profileToward(otherSide(from));
    return this.#rtpengine.offer(offer, lines, { ueDeclinedIce, profile });
  }

  #profileToward(to: Side): Profile | undefined {
    const { exchange, answer } = this.#complete ?? {};
    const spoken = exchange?.from === to ? exchange : answer;
    return profileToward(to, this.#profiles, spoken?.view ?? []);
  }

  #replied(reply: string | undefined, from: Side): SdpLines {
    return reply === undefined ? emptySdp(this.#shown?.[otherSide(from)] ?? '0.0.0.0') : splitSdp(reply);
  }

  #answerOfUe(
    { told, number }: Exchange,
    view: readonly MediaView[],
    towardCore: SdpLines,
    messages: MsrpSections,
  ): string {
    const isTaken = (line: MediaView | undefined) => line?.hasIce === true && line.port !== 0 && muxesRtcp(line);
    const taken = [...told.values()].filter(({ line }) => isTaken(view[line]));
    // A 18x answer without ICE may have closed what the 200's needs.
    for (const stream of taken) this.#forUe.open(stream, number);
    this.#streams.settle(new Set(taken.map(({ line }) => line)), number);
    return this.#towardCore(towardCore, view, messages);
  }

  #answerToUe({ view, tcp, mismatched, number }: Exchange, reply: SdpLines, messages: MsrpSections): string {
    const line = (index: number) => view[index];
    const { sdp, told } = this.#forUe.write(reply, { isAnswer: true, exchange: number, line, tcp, mismatched });
    this.#streams.settle(new Set(told.keys()), number);
    return this.#writtenForUe(sdp, messages);
  }

  #writtenForUe(sdp: SdpLines, messages: MsrpSections): string {
    return joinSdp(this.#origins.access.write(withoutForeignHosts(withIceLite(withSections(sdp, messages)))));
  }

  /** Nothing of the access side's ICE or TCP is left in it (B19). */
  #towardCore(reply: SdpLines, ueLines: readonly MediaView[], messages: MsrpSections): string {
    const sdp = withoutTurnedFeedback(
      reply,
      ueLines.map(({ transport }) => transport),
    );
    return joinSdp(this.#origins.core.write(withoutForeignHosts(withSections(withoutIce(sdp), messages))));
  }
}
