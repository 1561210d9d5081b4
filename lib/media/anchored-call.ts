import { EdgeError } from '../errors';
import type { TransportAddress } from '../ice/transport-address';
import type { Stream } from '../gateway/stream';
import { familyOf, type AddressFamily } from '../ip-address';
import type { OccasionalLog } from '../ops/occasional-log';
import { matchAnswer, putBackAnchored } from '../sdp/anchored-lines';
import { withDeclined } from '../sdp/bundle';
import { withoutIceOn } from '../sdp/ice-mismatch';
import { withKeyingOf } from '../sdp/keying';
import { withLearnedCandidates, type LearnedCandidate } from '../sdp/learned-candidates';
import { withOfferedFormats } from '../sdp/line-formats';
import type { LineFamilies } from '../sdp/line-family';
import { parseSdp, withSections, type Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';
import { CallAtRtpengine, type ShownSdp, type StatisticsByLine } from './call-at-rtpengine';
import { CallBundle } from './call-bundle';
import { CallCommands } from './call-commands';
import { CallExchanges } from './call-exchanges';
import { CallFamilies, offeredFamily } from './call-families';
import { CallMsrp, type CallMsrpOptions, type MsrpSections, type MsrpSwitch } from './call-msrp';
import { CallStreams } from './call-streams';
import { CallWriter } from './call-writer';
import { saidBy, type Exchange } from './exchange';
import { otherSide, type Side } from './media-anchor';
import type { CallPlaces } from './placed-media';
import { CallProfiles, speaksWebrtc, type Profiles } from './profiles';
import { receivedAnswer, receivedOffer, type Receiving } from './received-sdp';
import { keepRestartBack, withIceRestarted } from './restart';
import type { RtpengineChoice } from './rtpengine-choice';
import { requireUsable, shownSdp } from './shown-sdp';
import { TowardUe } from './toward-ue';
import { UeWords } from './ue-words';

type SharedWithMsrp = 'gateway' | 'fallback' | 'spelling' | 'ueAddress' | 'charged';

export interface AnchoredCallOptions extends Pick<CallMsrpOptions, SharedWithMsrp> {
  name: string;
  rtpengine: RtpengineChoice;
  profiles: Profiles;
  /** The family that the core speaks SIP on; undefined: not known. */
  coreFamily: AddressFamily | undefined;
  /** Undefined: lines for MSRP are declined. */
  msrp: MsrpSwitch | undefined;
  places: CallPlaces;
  /** Media toward the core goes to where its RTP comes from, and not to where its SDP says. */
  learnsCore: boolean;
  log: OccasionalLog;
}

const noSections: MsrpSections = new Map();

/**
 * One call in rtpengine and gateway: what comes of an offer or answer of one side for the other. Its methods must not run
 * at the same time.
 */
export class AnchoredCall {
  /** What the UE said of its lines. */
  readonly ue = new UeWords();
  readonly #rtpengine: CallAtRtpengine;
  readonly #commands: CallCommands;
  readonly #streams: CallStreams;
  readonly #msrp: CallMsrp | undefined;
  readonly #exchanges = new CallExchanges();
  readonly #bundle = new CallBundle();
  readonly #families: CallFamilies;
  readonly #profiles: CallProfiles;
  readonly #towardUe: TowardUe;
  readonly #writer: CallWriter;
  readonly #options: AnchoredCallOptions;

  constructor(options: AnchoredCallOptions) {
    const { name, rtpengine, gateway, fallback, spelling, ueAddress, msrp, places, charged, log } = options;
    this.#options = options;
    this.#families = new CallFamilies({
      access: ueAddress === undefined ? undefined : familyOf(ueAddress),
      core: options.coreFamily,
    });
    this.#profiles = new CallProfiles(options.profiles);
    const freed = () => places.told.forget('udp');
    this.#rtpengine = new CallAtRtpengine({ name, rtpengine, charged, freed, learnsCore: options.learnsCore });
    const said = { profiles: this.#profiles, families: this.#families, ue: this.ue };
    this.#commands = new CallCommands({ rtpengine: this.#rtpengine, ...said, own: msrp?.shown ?? {} });
    this.#streams = new CallStreams(gateway, log);
    const ofUe = { streams: this.#streams, bundle: this.#bundle, ue: this.ue };
    this.#towardUe = new TowardUe({ call: name, advertised: gateway.advertised, fallback, spelling, ...ofUe });
    this.#writer = new CallWriter(this.#bundle, places.told);
    const forMsrp = { call: name, gateway, fallback, spelling, ueAddress, maySend: places.msrp, charged };
    this.#msrp = msrp && new CallMsrp({ ...forMsrp, families: this.#families, bridges: msrp });
  }

  /** False until the first offer was taken. */
  get isOpen(): boolean {
    return this.#exchanges.last !== undefined;
  }

  /** What rtpengine knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<StatisticsByLine | undefined> {
    return this.#rtpengine.statistics();
  }

  /** @throws EdgeError, the call is left as it was; after a first offer nothing is left of it */
  async offer(from: Side, text: string): Promise<string> {
    const isFirst = !this.isOpen;
    try {
      return await this.#offer(from, parseSdp(text));
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
    const exchange = this.#exchanges.last;
    if (exchange === undefined || exchange.from === from)
      throw new EdgeError('answer-unexpected', 'An SDP answer came without an offer.');
    const { offer, offered } = exchange;
    const receiving = { ...this.#receivingFrom(from), maySend: this.#maySendInAnswer(offered) };
    const received = receivedAnswer(parseSdp(text), exchange, receiving);
    this.#bundle.heard(from, received.came);
    const answer = matchAnswer(withoutIceOn(received.sdp, exchange.withoutIce), offer);
    const { media: view } = viewSession(answer);
    const shown = this.#shownOf(from, answer, this.#families.ofAnswer(from, offered), false);
    for (const restart of exchange.keptBack) await this.#commands.offerAgain(exchange, { ...exchange, shown: restart });
    exchange.keptBack = [];
    const messages = (await this.#msrp?.answer(from, answer)) ?? noSections;
    const said = { from, view, shown: withOfferedFormats(shown, offer), shared: received.shared };
    const reply = await this.#rtpengine.answer(said, exchange.number === 1);
    this.#conclude(exchange, said, answer, from === 'access' ? received.tcp : exchange.tcp);
    const towardOther = putBackAnchored(this.#commands.written(reply, said), this.#rtpengine.lines, answer);
    if (from === 'core') {
      const { sdp, grouped } = this.#towardUe.answer(exchange, towardOther, this.#rtpengine.bundles);
      return this.#writer.forUe(sdp, grouped, messages, exchange);
    }
    this.#towardUe.answered(exchange, answer, this.#rtpengine.bundles);
    return this.#writer.forCore(towardOther, view, messages, exchange);
  }

  /**
   * Takes back an offer that has no answer. rtpengine has acted on it already, so it is told the last complete
   * exchange again; the SDPs that come back are those that both sides have.
   *
   * @throws EdgeError, rtpengine and gateway are left as the offer made them
   */
  async rollback(): Promise<void> {
    const { complete, settled, last } = this.#exchanges;
    if (complete === undefined || settled !== undefined) return;
    await this.#commands.tellAgain(complete, last);
    this.#streams.rollback();
    this.#msrp?.rollback();
    this.#exchanges.takeBack();
  }

  /**
   * Tells rtpengine what the last complete exchange said, and candidates of ours on a line of the UE with it: of one that
   * it has learned from a check it takes the priority that an SDP gives it.
   * @returns false if it cannot be told now
   * @throws EdgeError
   */
  async rank(line: number, candidates: readonly LearnedCandidate[]): Promise<boolean> {
    const { settled, last } = this.#exchanges;
    if (settled === undefined) return false;
    const ranked = <S extends ShownSdp>(said: S): S =>
      said.from === 'access' ? { ...said, shown: withLearnedCandidates(said.shown, line, candidates) } : said;
    await this.#commands.tellAgain({ exchange: ranked(settled.exchange), answer: ranked(settled.answer) }, last);
    return true;
  }

  /**
   * An offer to the UE that says what the core said last, and restarts ICE; its answer is one like any other.
   * @returns undefined if the UE has no ICE, or cannot be offered anything now
   * @throws EdgeError
   */
  async restartIce(): Promise<string | undefined> {
    const { settled } = this.#exchanges;
    const core = this.#exchanges.agreed('core');
    if (core === undefined || settled === undefined) return undefined;
    const said = saidBy('access', settled);
    if (!said.view.some(({ port, hasIce }) => port !== 0 && hasIce)) return undefined;
    const wishes = this.#commands.wishesToward('core');
    await this.#commands.offerAgain(settled.exchange, { ...said, ...wishes, shown: withIceRestarted(said.shown) });
    return this.#offer('core', core);
  }

  /** The UE nominated a connection of this stream. */
  selected(stream: Stream): void {
    if (stream.content !== 'msrp') this.#streams.selected(stream);
  }

  /** Closes gateway and relays (TURN) to the call, at once: rtpengine may be slow to free its ports, or give them away. */
  closeStreams(): void {
    this.#streams.close();
    this.#msrp?.close();
    this.#options.places.told.forget();
  }

  /** Frees what rtpengine holds. Never rejects. */
  leaveRtpengine(): Promise<void> {
    return this.#rtpengine.leave();
  }

  async #offer(from: Side, came: Sdp): Promise<string> {
    const agreed = [otherSide(from), from].flatMap((side) => this.#exchanges.agreed(side) ?? []);
    const received = receivedOffer(came, { ...this.#receivingFrom(from), agreed });
    const { sdp, shared } = received;
    const { media } = viewSession(sdp);
    if (!this.isOpen) requireUsable(viewSession(received.came).media, media, this.#msrp !== undefined);
    this.#bundle.heard(from, received.came);
    const usual = this.#commands.wishesToward(otherSide(from));
    const offersGroup = from === 'core' && this.#bundle.offersGroup(speaksWebrtc(usual.profile, media));
    const wishes = { ...usual, offersGroup };
    const shown = this.#shownOf(from, sdp, this.#families.ofOffer(from), offersGroup);
    const { now, onAnswer: keptBack } =
      from === 'access' ? keepRestartBack(shown, this.ue.lines) : { now: shown, onAnswer: [] };
    const messages = (await this.#msrp?.offer(from, sdp)) ?? noSections;
    const asked = { from, view: media, shown: now, shared, ...wishes };
    const reply = await this.#commands.offer(asked, this.#exchanges.complete).catch((error: unknown) => {
      this.#msrp?.rollback();
      throw error;
    });
    const offer = this.#rtpengine.bundles ? sdp : withDeclined(sdp, shared);
    const { media: view } = viewSession(offer);
    const { losses, lines } = this.#rtpengine;
    const written = this.#commands.written(reply, { from, shown });
    const replied = putBackAnchored(written, lines, offer, usual.profile?.transport);
    const exchange = {
      ...{ ...received, ...wishes, from, offer, view, shown, keptBack, losses, withoutIce: new Set<number>() },
      ...{ number: this.#exchanges.next, offered: viewSession(replied).media, told: new Map() },
    };
    const towardOther = usual.profile === undefined ? withKeyingOf(replied, offer) : replied;
    if (from === 'core') return this.#offerToUe(exchange, towardOther, messages);
    this.#exchanges.begin(exchange);
    return this.#writer.forCore(towardOther, view, messages);
  }

  #receivingFrom(from: Side): Omit<Receiving, 'agreed'> {
    const { places, charged } = this.#options;
    const before = { lines: this.ue.lines, areApart: this.#bundle.areApart };
    return { from, names: this.#bundle.namesOf(from), before, maySend: places.rtp.core, most: charged.most };
  }

  #offerToUe(exchange: Exchange, reply: Sdp, messages: MsrpSections): string {
    const { sdp, tcp, told, grouped } = this.#towardUe.offer(exchange, reply);
    const plain = viewSession(withSections(sdp, messages)).media.filter(({ hasIce }) => !hasIce);
    this.#exchanges.begin({ ...exchange, tcp, told, withoutIce: new Set(plain.map(({ index }) => index)) });
    return this.#writer.forUe(sdp, grouped, messages);
  }

  #conclude(exchange: Exchange, said: ShownSdp, answer: Sdp, tcp: Exchange['tcp']): void {
    this.#exchanges.conclude(exchange, said, answer);
    for (const { from, shown, view } of [exchange, said]) {
      this.#families.agreed(from, shown);
      this.#profiles.heard(from, view);
      if (from === 'access') this.ue.heard(view, tcp);
    }
  }

  #maySendInAnswer(offered: readonly MediaView[]): Receiving['maySend'] {
    const { learnsCore, places } = this.#options;
    return (line, place) => places.rtp.core(line, place, learnsCore ? undefined : offeredFamily(offered[line]));
  }

  #shownOf(from: Side, sdp: Sdp, families: LineFamilies, offersGroup: boolean): Sdp {
    const { ueAddress: source, places } = this.#options;
    const ue = {
      source,
      maySend: places.rtp.access,
      isRelay: (place: TransportAddress) => places.behindRelay(place) !== undefined,
    };
    const shown = shownSdp(from, sdp, families, ue);
    return from === 'core' ? this.#bundle.ofCore(shown, offersGroup) : shown;
  }
}
