import { randomInt } from 'node:crypto';
import { EdgeError } from '../errors';
import type { Stream } from '../gateway/stream';
import { familyOf, ofFamily, unspecified, type AddressFamily } from '../ip-address';
import type { OccasionalLog } from '../ops/occasional-log';
import type { CallStatistics } from '../rtpengine/call-statistics';
import { matchAnswer, putBackAnchored, withOfferedLines, type AnchoredLines } from '../sdp/anchored-lines';
import { bundledLines, withDeclined, type SharedTransports } from '../sdp/bundle';
import { withoutTurnedFeedback } from '../sdp/feedback';
import type { GatewayCandidateOptions } from '../sdp/gateway-candidate';
import { withIceLite, withoutIce } from '../sdp/ice-attributes';
import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { withGroupsOf, withLiveGroups } from '../sdp/groups';
import { withoutIceOn } from '../sdp/ice-mismatch';
import { withKeyingOf } from '../sdp/keying';
import { withLearnedCandidates, type LearnedCandidate } from '../sdp/learned-candidates';
import { withOfferedFormats } from '../sdp/line-formats';
import { changedFamily, type LineFamilies } from '../sdp/line-family';
import { ofPlaces } from '../sdp/line-places';
import type { MaySend } from '../sdp/line-place';
import { withAddresses } from '../sdp/addresses';
import { isAnchorable } from '../sdp/media-line';
import { emptySdp, parseSdp, withSections, writeSdp, type Sdp } from '../sdp/sdp';
import { SessionOrigin } from '../sdp/session-origin';
import { viewSession, type MediaView } from '../sdp/session-view';
import type { TcpLines } from '../sdp/tcp-media-lines';
import { CallAtRtpengine, type ShownSdp } from './call-at-rtpengine';
import { CallBundle, type GroupedForUe } from './call-bundle';
import { CallFamilies, offeredFamily } from './call-families';
import { CallMsrp, type MsrpSections, type MsrpSwitch } from './call-msrp';
import { CallStreams, type StreamGateway } from './call-streams';
import { muxesRtcp, type Fallback } from './fallback';
import type { CompleteExchange, Exchange } from './exchange';
import type { CallLines } from './line-shares';
import { otherSide, type Side } from './media-anchor';
import type { OfferWishes } from './ng-options';
import { CallProfiles, speaksWebrtc, type Profiles } from './profiles';
import type { CallPlaces } from './placed-media';
import { receivedAnswer, receivedOffer, requireOfferedTransport, type Receiving } from './received-sdp';
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
  /** The family that the core speaks SIP on; undefined: not known. */
  coreFamily: AddressFamily | undefined;
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

/**
 * One call in rtpengine and gateway: what each side said last, and what follows from that for the SDP to the
 * other. Its methods must not run at the same time.
 */
export class AnchoredCall {
  readonly #rtpengine: CallAtRtpengine;
  readonly #profiles: CallProfiles;
  readonly #ueAddress: string | undefined;
  readonly #maySend: CallPlaces['rtp'];
  readonly #told: CallPlaces['told'];
  readonly #streams: CallStreams;
  readonly #carried: Omit<Receiving, 'from' | 'agreed' | 'names'>;
  readonly #msrp: CallMsrp | undefined;
  readonly #shown: MsrpSwitch['shown'] | undefined;
  readonly #families: CallFamilies;
  readonly #learnsCore: boolean;
  readonly #forUe: TowardUe;
  readonly #bundle = new CallBundle();
  readonly #origins = { access: new SessionOrigin(randomInt(2 ** 47)), core: new SessionOrigin(randomInt(2 ** 47)) };
  #exchange: Exchange | undefined;
  #exchanges = 0;
  /** The last exchange with an answer. */
  #complete: CompleteExchange | undefined;
  readonly #ue = new UeWords();
  /** Those of them that are RTP over TCP. */
  #tcp: TcpLines = new Map();
  /** What the sides said in the last complete exchange. */
  #agreed: Partial<Record<Side, Sdp>> = {};
  #shared: SharedTransports = new Map();

  constructor(options: AnchoredCallOptions) {
    const { name, rtpengine, gateway, fallback, candidates, profiles, ueAddress, msrp, places, charged, log } = options;
    const families = new CallFamilies({
      access: ueAddress === undefined ? undefined : familyOf(ueAddress),
      core: options.coreFamily,
    });
    this.#families = families;
    this.#learnsCore = options.learnsCore;
    this.#rtpengine = new CallAtRtpengine(name, rtpengine, charged, options.learnsCore);
    this.#profiles = new CallProfiles(profiles);
    this.#ueAddress = ueAddress;
    this.#maySend = places.rtp;
    this.#told = places.told;
    this.#streams = new CallStreams(gateway);
    const hasOwnTransport = (line: number) => this.linesInUse.includes(line) && !this.#shared.has(line);
    this.#carried = { maySend: places.rtp.core, most: charged.most, hasOwnTransport };
    this.#shown = msrp?.shown;
    const forMsrp = { call: name, gateway, fallback, candidates, ueAddress, families, maySend: places.msrp, charged };
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

  /** The UE's lines that have their transport from another, by the last complete exchange. */
  get sharedTransports(): SharedTransports {
    return this.#shared;
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
      throw new EdgeError('answer-unexpected', 'An SDP answer came without an offer.');
    const { offered } = exchange;
    const familyAt = (line: number) => (this.#learnsCore ? undefined : offeredFamily(offered[line]));
    const maySend: MaySend = (line, place) => this.#carried.maySend(line, place, familyAt(line));
    const names = this.#bundle.namesOf(from);
    const received = receivedAnswer(text, exchange.offer, { from, names, ...this.#carried, maySend });
    requireOfferedTransport(received, exchange.tcp);
    this.#bundle.heard(from, received.came);
    const answer = matchAnswer(withoutIceOn(received.sdp, exchange.withoutIce), exchange.offer);
    const { media: view } = viewSession(answer);
    const shown = this.#shownOf(from, answer, this.#families.ofAnswer(from, offered), false);
    for (const restart of exchange.keptBack) await this.#askAgain(exchange, { ...exchange, shown: restart });
    exchange.keptBack = [];
    const messages = (await this.#msrp?.answer(from, answer)) ?? noSections;
    const said = { from, view, shown: withOfferedFormats(shown, exchange.offer), shared: received.shared };
    const reply = await this.#rtpengine.answer(said, exchange.number === 1);
    this.#complete = { exchange, answer: said };
    this.#families.agreed(exchange.from, exchange.shown);
    this.#families.agreed(from, said.shown);
    this.#agreed =
      from === 'access' ? { access: answer, core: exchange.offer } : { access: exchange.offer, core: answer };
    const towardOther = putBackAnchored(this.#replied(reply, said), this.#rtpengine.lines, answer);
    this.#ue.heard(from === 'access' ? view : exchange.view);
    this.#profiles.heard(from, view);
    this.#profiles.heard(exchange.from, exchange.view);
    this.#tcp = from === 'access' ? received.tcp : exchange.tcp;
    return from === 'access'
      ? this.#answerOfUe(exchange, answer, towardOther, messages)
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
    const said = saidBy('access', complete);
    if (!said.view.some(({ port, hasIce }) => port !== 0 && hasIce)) return undefined;
    const wishes = this.#wishesToward('core');
    await this.#askAgain(complete.exchange, { ...said, ...wishes, shown: withIceRestarted(said.shown) });
    return this.#offer('core', writeSdp(core));
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
    this.#told.forget();
  }

  async #offer(from: Side, text: string): Promise<string> {
    const agreed = [this.#agreed[otherSide(from)], this.#agreed[from]].filter((said) => said !== undefined);
    const { came, sdp, places, written, tcp, mismatched, shared } = receivedOffer(text, {
      ...{ from, agreed, names: this.#bundle.namesOf(from) },
      ...this.#carried,
    });
    const { media } = viewSession(sdp);
    if (!this.isOpen) requireUsable(viewSession(came).media, media, this.#msrp !== undefined);
    this.#bundle.heard(from, came);
    const usual = this.#wishesToward(otherSide(from));
    const { profile } = usual;
    const offersGroup = from === 'core' && this.#bundle.offersGroup(speaksWebrtc(profile, media));
    const shown = this.#shownOf(from, sdp, this.#families.ofOffer(from), offersGroup);
    const { now, onAnswer: keptBack } =
      from === 'access' ? keepRestartBack(shown, this.#ue.lines) : { now: shown, onAnswer: [] };
    const wishes = { ...usual, offersGroup };
    const messages = (await this.#msrp?.offer(from, sdp)) ?? noSections;
    const asked = { from, view: media, shown: now, shared, ...wishes };
    const reply = await this.#askAnew(asked).catch((error: unknown) => {
      this.#msrp?.rollback();
      throw error;
    });
    const offer = this.#rtpengine.bundles ? sdp : withDeclined(sdp, shared);
    const { media: view } = viewSession(offer);
    const said = { from, offer, written, places, view, shown, shared };
    const { losses, lines } = this.#rtpengine;
    const replied = putBackAnchored(this.#replied(reply, said), lines, offer, profile?.transport);
    const { media: offered } = viewSession(replied);
    const known = { ...said, ...wishes, number: ++this.#exchanges, keptBack, losses, mismatched, offered };
    const towardOther = profile === undefined ? withKeyingOf(replied, offer) : replied;
    if (from === 'access') {
      this.#exchange = { ...known, tcp, told: new Map(), withoutIce: new Set() };
      return this.#writtenForCore(towardOther, view, messages);
    }
    const line = (index: number) => view[index] && this.#ue.of(view[index]);
    const ue = { isAnswer: false, exchange: known.number, line, tcp: this.#tcp, mismatched };
    const grouped = this.#bundle.inOffer(towardOther, offersGroup, this.#shared);
    const forUe = this.#forUe.write(grouped, ue);
    const plain = viewSession(withSections(forUe.sdp, messages)).media.filter(({ hasIce }) => !hasIce);
    const withoutIce = new Set(plain.map(({ index }) => index));
    this.#exchange = { ...known, tcp: forUe.tcp, told: forUe.told, withoutIce };
    return this.#writtenForUe(forUe.sdp, grouped, messages);
  }

  #shownOf(from: Side, sdp: Sdp, families: LineFamilies, offersGroup: boolean): Sdp {
    const shown = shownSdp(from, sdp, families, this.#ueAddress, this.#maySend.access);
    return from === 'core' ? this.#bundle.ofCore(shown, offersGroup) : shown;
  }

  async #askRtpengine(offer: ShownSdp & OfferWishes): Promise<string | undefined> {
    const { ueDeclinedIce, profile, offersGroup, family } = offer;
    return this.#rtpengine.offer(offer, this.#carried.most, { ueDeclinedIce, profile, offersGroup, family });
  }

  async #askAnew(offer: ShownSdp & OfferWishes): Promise<string | undefined> {
    if (this.#complete) await this.#moveSockets(saidBy(offer.from, this.#complete).shown, offer);
    return this.#askRtpengine(offer);
  }

  /**
   * rtpengine ignores a place of another family than its socket toward that side has. So this side is offered the other
   * family first, by what the other side said last: that moves the socket, and nobody is told.
   * @param before what it has been shown of this side
   */
  async #moveSockets(before: Sdp, { from, shown }: ShownSdp): Promise<void> {
    const family = changedFamily(before, shown);
    if (family === undefined || this.#complete === undefined) return;
    const other = saidBy(otherSide(from), this.#complete);
    await this.#askRtpengine({ ...other, ...this.#wishesToward(from), family });
  }

  /**
   * Offers what one end, or both, will not hear of.
   * @throws EdgeError, also `anchor-lost` where rtpengine has lost the call since the exchange
   */
  async #askAgain({ losses }: Exchange, offer: ShownSdp & OfferWishes): Promise<void> {
    await this.#askRtpengine(offer);
    if (this.#rtpengine.losses === losses) return;
    throw new EdgeError('anchor-lost', 'rtpengine has lost the call: its ports are not those that both ends have.');
  }

  async #tellAgain({ exchange, answer }: CompleteExchange): Promise<void> {
    const last = this.#exchange;
    if (last?.from === exchange.from) await this.#moveSockets(last.shown, exchange);
    const { family } = this.#wishesToward(answer.from);
    await this.#askAgain(exchange, { ...exchange, family });
    await this.#rtpengine.answer(answer, false);
  }

  #wishesToward(to: Side): OfferWishes {
    return {
      ueDeclinedIce: this.#ue.declinesIce,
      profile: this.#profiles.toward(to),
      offersGroup: false,
      family: this.#families.toward(to),
    };
  }

  #replied(reply: string | undefined, { from, shown }: Pick<ShownSdp, 'from' | 'shown'>): Sdp {
    if (reply !== undefined) return withGroupsOf(parseSdp(reply), shown);
    const to = otherSide(from);
    const family = this.#families.toward(to);
    return emptySdp(ofFamily(this.#shown?.[to] ?? [], family) ?? unspecified(family ?? 'IP4'));
  }

  #answerOfUe(exchange: Exchange, answer: Sdp, towardCore: Sdp, messages: MsrpSections): string {
    const { told, number } = exchange;
    const { media: view } = viewSession(answer);
    this.#shared = this.#rtpengine.bundles ? bundledLines(answer) : new Map();
    const isTaken = (line: MediaView | undefined) =>
      line?.hasIce === true && line.port !== 0 && muxesRtcp(line) && !this.#shared.has(line.index);
    const taken = [...told.values()].filter(({ line }) => isTaken(view[line]));
    // A 18x answer without ICE may have closed what the 200's needs.
    for (const stream of taken) this.#forUe.open(stream, number);
    this.#streams.settle(new Set(taken.map(({ line }) => line)), number);
    return this.#writtenForCore(towardCore, view, messages, exchange);
  }

  #answerToUe(exchange: Exchange, reply: Sdp, messages: MsrpSections): string {
    const { view, tcp, mismatched, number } = exchange;
    const line = (index: number) => view[index];
    const grouped = this.#bundle.inAnswer(reply, exchange.shared);
    this.#shared = grouped.shared;
    const { sdp, told } = this.#forUe.write(grouped, { isAnswer: true, exchange: number, line, tcp, mismatched });
    this.#streams.settle(new Set(told.keys()), number);
    return this.#writtenForUe(sdp, grouped, messages, exchange);
  }

  #writtenForUe(lines: Sdp, grouped: GroupedForUe, messages: MsrpSections, answered?: Exchange): string {
    const sdp = this.#whole(withIceLite(withSections(lines, messages)), answered);
    return this.#written('access', this.#bundle.written(sdp, grouped, answered !== undefined), answered);
  }

  /** Nothing of the access side's ICE or TCP is left in it (B19). */
  #writtenForCore(reply: Sdp, ueLines: readonly MediaView[], messages: MsrpSections, answered?: Exchange): string {
    const transports = ueLines.map(({ transport }) => transport);
    const lines = withSections(withoutIce(withoutTurnedFeedback(reply, transports)), messages);
    const sdp = this.#bundle.towardCore(this.#whole(lines, answered), answered !== undefined);
    return this.#written('core', sdp, answered);
  }

  /** @param answered of an answer: the exchange that its reader has offered in */
  #whole(sdp: Sdp, answered: Exchange | undefined): Sdp {
    return answered === undefined ? sdp : withOfferedLines(sdp, answered.written);
  }

  #written(to: Side, sdp: Sdp, answered: Exchange | undefined): string {
    const lines = answered === undefined ? sdp : ofPlaces(sdp, answered.places);
    const written = withoutForeignHosts(withLiveGroups(withAddresses(lines)));
    this.#told.tell(to, written);
    return this.#origins[to].write(written);
  }
}

function saidBy(side: Side, { exchange, answer }: CompleteExchange): ShownSdp {
  return exchange.from === side ? exchange : answer;
}
