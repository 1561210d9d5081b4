import { randomInt } from 'node:crypto';
import { EdgeError } from '../errors';
import type { MediaStream, Stream } from '../gateway/stream';
import type { OccasionalLog } from '../ops/occasional-log';
import type { CallStatistics } from '../rtpengine/call-statistics';
import { matchAnswer, putBackAnchored, withOfferedLines, type AnchoredLines } from '../sdp/anchored-lines';
import { withoutTurnedFeedback } from '../sdp/feedback';
import type { GatewayCandidateOptions } from '../sdp/gateway-candidate';
import { withIceLite, withoutIce } from '../sdp/ice-attributes';
import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { withoutIceOn } from '../sdp/ice-mismatch';
import { withKeyingOf } from '../sdp/keying';
import { withLearnedCandidates, type LearnedCandidate } from '../sdp/learned-candidates';
import { withOfferedFormats } from '../sdp/line-formats';
import { ofPlaces, type LinePlaces } from '../sdp/line-places';
import { isAnchorable, withAddresses } from '../sdp/media-line';
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
import { receivedAnswer, receivedOffer, requireOfferedTransport } from './received-sdp';
import { keepRestartBack, withIceRestarted } from './restart';
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
  /** Media toward the core goes to where its RTP comes from, and not to where its SDP says. */
  learnsCore: boolean;
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
  /** As its sender wrote it, RTP over TCP too. */
  written: SdpLines;
  /** The lines that its sender knows. */
  places: LinePlaces;
  view: readonly MediaView[];
  /** What rtpengine is shown of it. */
  shown: SdpLines;
  /** What it is shown before the answer only: an ICE restart. */
  keptBack: readonly SdpLines[];
  ueDeclinedIce: boolean;
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
  /** What the sides said in the last complete exchange. */
  #agreed: Partial<Record<Side, SdpLines>> = {};

  constructor(options: AnchoredCallOptions) {
    const { name, rtpengine, gateway, fallback, candidates, profiles, ueAddress, msrp, places, charged, log } = options;
    this.#rtpengine = new CallAtRtpengine(name, rtpengine, charged, options.learnsCore);
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
    return this.#rtpengine.lines;
  }

  /** The lines of the UE that the last complete exchange left in use at rtpengine. */
  get linesInUse(): number[] {
    return this.#ue.lines
      .filter(({ port, transport }) => port !== 0 && isAnchorable(transport))
      .map(({ index }) => index);
  }

  /** Those of them on which the UE may send by ICE. */
  get linesWithIce(): number[] {
    const mayBeHeard = ({ direction, hasIce }: MediaView) => hasIce && direction.startsWith('send');
    return this.linesInUse.filter((line) => this.#ue.lines.some((said) => said.index === line && mayBeHeard(said)));
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
        await this.leaveRtpengine();
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
    const received = receivedAnswer(text, exchange.offer, { from, maySend: this.#maySend.core, most: this.#mostLines });
    requireOfferedTransport(received, exchange.tcp);
    const answer = matchAnswer(withoutIceOn(received.sdp, exchange.withoutIce), exchange.offer);
    const { media: view } = viewSession(answer);
    const shown = shownSdp(from, answer, this.#ueAddress, this.#maySend.access);
    for (const restart of exchange.keptBack) await this.#askRtpengine({ ...exchange, shown: restart });
    exchange.keptBack = [];
    const messages = (await this.#msrp?.answer(from, answer)) ?? noSections;
    const said = { from, view, shown: withOfferedFormats(shown, exchange.offer) };
    const reply = await this.#rtpengine.answer(said, exchange.number === 1);
    this.#complete = { exchange, answer: said };
    this.#agreed =
      from === 'access' ? { access: answer, core: exchange.offer } : { access: exchange.offer, core: answer };
    const towardOther = putBackAnchored(this.#replied(reply, from), this.#rtpengine.lines, answer);
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
    await this.#tellAgain(complete);
    this.#streams.rollback();
    this.#msrp?.rollback();
    this.#exchange = complete.exchange;
  }

  /**
   * Tells rtpengine what the last complete exchange said, and candidates of ours on a line of the UE with it: of one that
   * it has learned from a check it takes the priority that an SDP gives it.
   * @returns false if it cannot be told now
   * @throws EdgeError
   */
  async rank(line: number, candidates: readonly LearnedCandidate[]): Promise<boolean> {
    const complete = this.#complete;
    if (complete === undefined || this.#exchange !== complete.exchange) return false;
    const ranked = <S extends ShownSdp>(said: S): S =>
      said.from === 'access' ? { ...said, shown: withLearnedCandidates(said.shown, line, candidates) } : said;
    await this.#tellAgain({ exchange: ranked(complete.exchange), answer: ranked(complete.answer) });
    return true;
  }

  /**
   * An offer to the UE that says what the core said last, and restarts ICE; its answer is one like any other.
   * @returns undefined if the UE has no ICE, or cannot be offered anything now
   * @throws EdgeError
   */
  async restartIce(): Promise<string | undefined> {
    const { core } = this.#agreed;
    const complete = this.#complete;
    if (core === undefined || complete === undefined || this.#exchange !== complete.exchange) return undefined;
    const { exchange, answer } = complete;
    const { from, view, shown } = exchange.from === 'access' ? exchange : answer;
    if (!view.some(({ port, hasIce }) => port !== 0 && hasIce)) return undefined;
    await this.#askRtpengine({ from, view, shown: withIceRestarted(shown), ueDeclinedIce: false });
    return this.#offer('core', joinSdp(core));
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
  async leaveRtpengine(): Promise<void> {
    await this.#rtpengine.leave();
  }

  async #offer(from: Side, text: string): Promise<string> {
    const agreed = [this.#agreed[otherSide(from)], this.#agreed[from]].filter((said) => said !== undefined);
    const receiving = { from, agreed, maySend: this.#maySend.core, most: this.#mostLines };
    const { sdp: offer, places, written, tcp, mismatched } = receivedOffer(text, receiving);
    const { media: view } = viewSession(offer);
    if (!this.isOpen) requireUsable(view, this.#msrp !== undefined);
    const shown = shownSdp(from, offer, this.#ueAddress, this.#maySend.access);
    const { now, onAnswer: keptBack } =
      from === 'access' ? keepRestartBack(shown, this.#ue.lines) : { now: shown, onAnswer: [] };
    const ueDeclinedIce = this.#ue.declinesIce;
    const messages = (await this.#msrp?.offer(from, offer)) ?? noSections;
    const reply = await this.#askRtpengine({ from, view, shown: now, ueDeclinedIce }).catch((error: unknown) => {
      this.#msrp?.rollback();
      throw error;
    });
    const said = { from, offer, written, places, view, shown };
    const known = { ...said, number: ++this.#exchanges, keptBack, ueDeclinedIce, mismatched };
    const turned = this.#profileToward(otherSide(from)) !== undefined;
    const replied = putBackAnchored(this.#replied(reply, from), this.#rtpengine.lines, offer);
    const towardOther = turned ? replied : withKeyingOf(replied, offer);
    if (from === 'access') {
      this.#exchange = { ...known, tcp, told: new Map(), withoutIce: new Set() };
      return this.#writtenForCore(towardOther, view, messages);
    }
    const line = (index: number) => this.#ue.of(index, view[index]?.transport ?? '');
    const ue = { isAnswer: false, exchange: known.number, line, tcp: this.#tcp, mismatched };
    const forUe = this.#forUe.write(towardOther, ue);
    const plain = viewSession(withSections(forUe.sdp, messages)).media.filter(({ hasIce }) => !hasIce);
    const withoutIce = new Set(plain.map(({ index }) => index));
    this.#exchange = { ...known, tcp: forUe.tcp, told: forUe.told, withoutIce };
    return this.#writtenForUe(forUe.sdp, messages);
  }

  async #askRtpengine(offer: ShownSdp & Pick<Exchange, 'ueDeclinedIce'>): Promise<string | undefined> {
    const { from, ueDeclinedIce } = offer;
    const profile = this.#profileToward(otherSide(from));
    return this.#rtpengine.offer(offer, { most: this.#mostLines, ueDeclinedIce, profile });
  }

  async #tellAgain({ exchange, answer }: CompleteExchange): Promise<void> {
    await this.#askRtpengine(exchange);
    await this.#rtpengine.answer(answer, false);
  }

  #profileToward(to: Side): Profile | undefined {
    const { exchange, answer } = this.#complete ?? {};
    const spoken = exchange?.from === to ? exchange : answer;
    return profileToward(to, this.#profiles, spoken?.view ?? []);
  }

  #replied(reply: string | undefined, from: Side): SdpLines {
    return reply === undefined ? emptySdp(this.#shown?.[otherSide(from)] ?? '0.0.0.0') : splitSdp(reply);
  }

  #answerOfUe(exchange: Exchange, view: readonly MediaView[], towardCore: SdpLines, messages: MsrpSections): string {
    const { told, number } = exchange;
    const isTaken = (line: MediaView | undefined) => line?.hasIce === true && line.port !== 0 && muxesRtcp(line);
    const taken = [...told.values()].filter(({ line }) => isTaken(view[line]));
    // A 18x answer without ICE may have closed what the 200's needs.
    for (const stream of taken) this.#forUe.open(stream, number);
    this.#streams.settle(new Set(taken.map(({ line }) => line)), number);
    return this.#writtenForCore(towardCore, view, messages, exchange);
  }

  #answerToUe(exchange: Exchange, reply: SdpLines, messages: MsrpSections): string {
    const { view, tcp, mismatched, number } = exchange;
    const line = (index: number) => view[index];
    const { sdp, told } = this.#forUe.write(reply, { isAnswer: true, exchange: number, line, tcp, mismatched });
    this.#streams.settle(new Set(told.keys()), number);
    return this.#writtenForUe(sdp, messages, exchange);
  }

  #writtenForUe(sdp: SdpLines, messages: MsrpSections, answered?: Exchange): string {
    return this.#written('access', withIceLite(withSections(sdp, messages)), answered);
  }

  /** Nothing of the access side's ICE or TCP is left in it (B19). */
  #writtenForCore(reply: SdpLines, ueLines: readonly MediaView[], messages: MsrpSections, answered?: Exchange): string {
    const transports = ueLines.map(({ transport }) => transport);
    return this.#written(
      'core',
      withSections(withoutIce(withoutTurnedFeedback(reply, transports)), messages),
      answered,
    );
  }

  /** @param answered of an answer: the exchange that `to` has offered in */
  #written(to: Side, sdp: SdpLines, answered: Exchange | undefined): string {
    const whole = answered === undefined ? sdp : ofPlaces(withOfferedLines(sdp, answered.written), answered.places);
    return joinSdp(this.#origins[to].write(withoutForeignHosts(withAddresses(whole))));
  }
}
