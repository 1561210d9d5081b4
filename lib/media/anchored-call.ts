import { randomInt } from 'node:crypto';
import { EdgeError } from '../errors';
import type { Stream } from '../gateway/stream';
import type { Logger } from '../ops/logger';
import type { CallStatistics } from '../rtpengine/call-statistics';
import type { AnswerOptions, OfferOptions } from '../rtpengine/ng-command';
import { anchoredLines, matchAnswer, putBackAnchored, takeAnchored, type AnchoredLines } from '../sdp/anchored-lines';
import { withGatewayCandidates, type TcpPriority } from '../sdp/gateway-candidate';
import { withoutBundle } from '../sdp/grouping';
import { withIceLite, withoutIce, withoutLineIce } from '../sdp/ice-attributes';
import { joinSdp, splitSdp, withoutAttributes, type SdpLines } from '../sdp/sdp-lines';
import { SessionOrigin } from '../sdp/session-origin';
import { viewSession, type MediaView } from '../sdp/session-view';
import { CallStreams, type StreamGateway } from './call-streams';
import { getsFallback, type Fallback } from './fallback';
import type { Side } from './media-anchor';
import { answerOptions, offerOptions } from './ng-options';
import { requireUsable, shownSdp, withoutRestart } from './shown-sdp';

/** What is used of one rtpengine. */
export interface RtpengineCommands {
  offer(options: OfferOptions): Promise<string>;
  answer(options: AnswerOptions): Promise<string>;
  /** What it knows of a call. */
  query(call: string): Promise<CallStatistics | undefined>;
  /** Never rejects. */
  delete(call: string): Promise<void>;
}

/** What is used of the pool: a node for a new call, none of those tried. */
export interface RtpengineChoice {
  pick(tried?: readonly RtpengineCommands[]): RtpengineCommands;
}

export interface AnchoredCallOptions {
  name: string;
  rtpengine: RtpengineChoice;
  gateway: StreamGateway;
  fallback: Fallback;
  tcpPriority: TcpPriority;
  /** The machine's addresses, to which no UE may have media sent. */
  ownAddresses: readonly string[];
  logger: Logger;
}

/** An offer, and its answers: several if the core forks, or repeats that of a 18x in the 200. */
interface Exchange {
  number: number;
  from: Side;
  offer: SdpLines;
  view: readonly MediaView[];
  /** What rtpengine is shown of it. */
  shown: SdpLines;
  ueDeclinedIce: boolean;
  /** It restarts ICE, of which rtpengine does not know yet. */
  restartKeptBack: boolean;
  lines: AnchoredLines;
  /** The streams of which our offer to the UE told. */
  told: ReadonlyMap<number, Stream>;
}

/** An exchange with the answer that counts: the last one. */
interface CompleteExchange {
  exchange: Exchange;
  answer: { from: Side; view: readonly MediaView[]; shown: SdpLines };
}

/** How many nodes are tried for a new call. */
const maxNodes = 2;

/**
 * One call in rtpengine and gateway: what each side said last, and what follows from that for the SDP to the
 * other. Its methods must not run at the same time.
 */
export class AnchoredCall {
  readonly #name: string;
  readonly #rtpengine: RtpengineChoice;
  readonly #gateway: StreamGateway;
  readonly #fallback: Fallback;
  readonly #tcpPriority: TcpPriority;
  readonly #ownAddresses: readonly string[];
  readonly #logger: Logger;
  readonly #streams: CallStreams;
  readonly #origins = { access: new SessionOrigin(randomInt(2 ** 47)), core: new SessionOrigin(randomInt(2 ** 47)) };
  #node: RtpengineCommands | undefined;
  #exchange: Exchange | undefined;
  #exchanges = 0;
  /** The last exchange with an answer; rtpengine knows both sides since the first. */
  #complete: CompleteExchange | undefined;
  /** The UE's lines by its SDP in the last complete exchange. */
  #ue: readonly MediaView[] = [];
  #lines: AnchoredLines = [];

  constructor({ name, rtpengine, gateway, fallback, tcpPriority, ownAddresses, logger }: AnchoredCallOptions) {
    this.#name = name;
    this.#rtpengine = rtpengine;
    this.#gateway = gateway;
    this.#fallback = fallback;
    this.#tcpPriority = tcpPriority;
    this.#ownAddresses = ownAddresses;
    this.#logger = logger;
    this.#streams = new CallStreams(gateway);
  }

  /** False until rtpengine took the first offer. */
  get isAnchored(): boolean {
    return this.#node !== undefined;
  }

  /** The lines that rtpengine knows, in its order. */
  get anchoredLines(): AnchoredLines {
    return this.#lines;
  }

  /** The lines of the UE that the last complete exchange left in use. */
  get linesInUse(): number[] {
    return this.#ue.filter(({ port }) => port !== 0).map(({ index }) => index);
  }

  /** What rtpengine knows of the call; undefined if it does not tell. Never rejects. */
  async statistics(): Promise<CallStatistics | undefined> {
    return this.#node?.query(this.#name).catch(() => undefined);
  }

  /** @throws EdgeError, the call is left as it was; after a first offer nothing is left of it */
  async offer(from: Side, text: string): Promise<string> {
    const isFirst = !this.isAnchored;
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
    if (this.#node === undefined || exchange === undefined || exchange.from === from)
      throw new EdgeError('answer-unexpected', 'An SDP answer came without an offer.', { sipStatus: 488 });
    const answer = matchAnswer(splitSdp(text), exchange.offer);
    const { media: view } = viewSession(answer);
    const shown = shownSdp(from, answer, this.#ownAddresses);
    if (exchange.restartKeptBack) await this.#node.offer(this.#offerOptions(exchange, exchange.shown));
    exchange.restartKeptBack = false;
    const reply = await this.#node.answer(this.#answerOptions({ from, view, shown }, exchange.lines));
    this.#complete = { exchange, answer: { from, view, shown } };
    const towardOther = putBackAnchored(splitSdp(reply), exchange.lines, answer);
    this.#ue = from === 'access' ? view : exchange.view;
    return from === 'access' ? this.#answerOfUe(exchange, view, towardOther) : this.#answerToUe(exchange, towardOther);
  }

  /**
   * Takes back an offer that has no answer. rtpengine has acted on it already, so it is told the last complete
   * exchange again; the SDPs that come back are those that both sides have.
   *
   * @throws EdgeError, rtpengine and gateway are left as the offer made them
   */
  async rollback(): Promise<void> {
    const complete = this.#complete;
    if (this.#node === undefined || complete === undefined || this.#exchange === complete.exchange) return;
    const { answer } = complete;
    // With the lines that the refused offer added: rtpengine knows them now, and sees them declined.
    const lines = this.#lines;
    const exchange = { ...complete.exchange, lines };
    await this.#node.offer(this.#offerOptions(exchange, exchange.shown));
    await this.#node.answer(this.#answerOptions(answer, lines));
    this.#streams.rollback();
    this.#exchange = exchange;
    this.#complete = { exchange, answer };
  }

  /** The UE nominated a connection of this stream. */
  selected(stream: Stream): void {
    this.#streams.selected(stream);
  }

  /** Closes the gateway to the call, at once. */
  closeStreams(): void {
    this.#streams.close();
  }

  /** Frees what rtpengine holds. Never rejects. */
  async delete(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.delete(this.#name);
  }

  async #offer(from: Side, text: string): Promise<string> {
    const offer = splitSdp(text);
    const { media: view } = viewSession(offer);
    if (!this.isAnchored) requireUsable(view);
    const shown = shownSdp(from, offer, this.#ownAddresses);
    const shownNow = from === 'access' ? withoutRestart(shown, this.#ue) : shown;
    const lines = anchoredLines(this.#lines, offer);
    const ueLines = view.map(({ index }) => this.#ue[index]).filter((line) => line !== undefined && line.port !== 0);
    const ueDeclinedIce = ueLines.length > 0 && !ueLines.some((line) => line?.hasIce === true);
    const options = this.#offerOptions({ from, view, ueDeclinedIce, lines }, shownNow);
    const reply = await (this.#node === undefined ? this.#firstOffer(options) : this.#node.offer(options));
    this.#lines = lines;
    const number = ++this.#exchanges;
    const towardOther = putBackAnchored(splitSdp(reply), lines, offer);
    const told = new Map<number, Stream>();
    const sdp =
      from === 'access'
        ? this.#towardCore(towardOther)
        : this.#towardUe(towardOther, (line) => this.#ueLine(line), told, number);
    const restartKeptBack = shownNow !== shown;
    this.#exchange = { number, from, offer, view, shown, ueDeclinedIce, restartKeptBack, lines, told };
    return sdp;
  }

  #offerOptions(
    { from, view, ueDeclinedIce, lines }: Pick<Exchange, 'from' | 'view' | 'ueDeclinedIce' | 'lines'>,
    shown: SdpLines,
  ): OfferOptions {
    return offerOptions(
      { call: this.#name, from, sdp: joinSdp(takeAnchored(shown, lines)), hasIce: view.some(({ hasIce }) => hasIce) },
      { known: this.#complete !== undefined, ueDeclinedIce },
    );
  }

  #answerOptions({ from, view, shown }: CompleteExchange['answer'], lines: AnchoredLines): AnswerOptions {
    const sdp = joinSdp(takeAnchored(shown, lines));
    return answerOptions({ call: this.#name, from, sdp, hasIce: view.some(({ hasIce }) => hasIce) });
  }

  async #firstOffer(options: OfferOptions): Promise<string> {
    const tried: RtpengineCommands[] = [];
    let failure: unknown;
    while (tried.length < maxNodes) {
      let node: RtpengineCommands;
      try {
        node = this.#rtpengine.pick(tried);
      } catch (error) {
        throw failure ?? error;
      }
      try {
        const reply = await node.offer(options);
        this.#node = node;
        return reply;
      } catch (error) {
        // It may have taken the offer although its reply was lost.
        void node.delete(this.#name);
        if (!(error instanceof EdgeError) || error.code !== 'anchor-unavailable') throw error;
        failure = error;
        tried.push(node);
      }
    }
    throw failure;
  }

  #answerOfUe({ told, number }: Exchange, view: readonly MediaView[], towardCore: SdpLines): string {
    const taken = [...told.values()].filter(({ line }) => view[line]?.hasIce === true && view[line].port !== 0);
    // A 18x answer without ICE may have closed what the 200's needs.
    for (const stream of taken) this.#open(stream, number);
    this.#streams.settle(new Set(taken.map(({ line }) => line)), number);
    return this.#towardCore(towardCore);
  }

  #answerToUe({ view, number }: Exchange, towardUe: SdpLines): string {
    const told = new Map<number, Stream>();
    const sdp = this.#towardUe(towardUe, (line) => view[line], told, number);
    this.#streams.settle(new Set(told.keys()), number);
    return sdp;
  }

  /** Nothing of the access side's ICE or TCP is left in it (B19). */
  #towardCore(sdp: SdpLines): string {
    return joinSdp(this.#origins.core.write(withoutIce(withoutBundle(sdp))));
  }

  /**
   * Adds the candidate on port 80 to each line that gets it, after the gateway was opened to the line: the UE's
   * check may come as soon as it has the SDP (C1).
   */
  #towardUe(
    reply: SdpLines,
    ueLine: (line: number) => MediaView | undefined,
    told: Map<number, Stream>,
    exchange: number,
  ): string {
    const sdp = withoutBundle(reply);
    const media = viewSession(sdp).media.map((line) => {
      const section = withoutAttributes(sdp.media[line.index] ?? [], ['remote-candidates', 'ice-options']);
      const ue = ueLine(line.index);
      // No ICE on a declined line (B17), in an answer to a line without (B15), nor offered again where it was declined.
      if (line.port === 0 || ue?.hasIce === false) return withoutLineIce(section);
      const stream = this.#fallbackStream(line, ue);
      if (stream === undefined || !this.#open(stream, exchange)) return section;
      told.set(line.index, stream);
      return withGatewayCandidates(section, this.#gateway.advertised, this.#tcpPriority);
    });
    return joinSdp(this.#origins.access.write(withIceLite({ session: sdp.session, media })));
  }

  #fallbackStream(line: MediaView, ue: MediaView | undefined): Stream | undefined {
    const { ufrag, pwd, address, port, index, kind } = line;
    if (ufrag === undefined || pwd === undefined || address === undefined) return undefined;
    const given = this.#streams.isCurrent(index, ufrag);
    if (this.#gateway.advertised.length === 0 || !getsFallback(this.#fallback, { line, ue, given })) return undefined;
    return {
      ufrag,
      pwd,
      anchor: { address, port },
      content: line.hasDtls ? 'dtls' : 'rtp',
      kind: kind === 'audio' || kind === 'video' ? kind : 'other',
      call: this.#name,
      line: index,
    };
  }

  /** False if the gateway did not take it; the line then goes without its candidate. */
  #open(stream: Stream, exchange: number): boolean {
    try {
      this.#streams.open(stream, exchange);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#logger.warn({ call: this.#name, line: stream.line, reason }, 'a media line has no candidate on port 80');
      return false;
    }
  }

  /** The UE's last word on a line; undefined if it has said nothing yet, or the line was not in use. */
  #ueLine(index: number): MediaView | undefined {
    const line = this.#ue[index];
    return line === undefined || line.port === 0 ? undefined : line;
  }
}
