import { setTimeout as delay } from 'node:timers/promises';
import type {
  Dialog,
  Headers,
  IncomingRequest,
  IncomingResponse,
  ResponseSender,
  SentRequest,
} from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import { withResolvers } from '../with-resolvers';
import type { UeMedia } from './ue-media';
import { answerChallenge } from './digest';
import { challengeIn, refusal, SipRejection } from './sip-rejection';
import type { MediaKind, Observer, Party } from './ue-event';

export interface CallOptions {
  srf: Srf;
  media: UeMedia;
  observer: Observer;
  /** Value of our Contact; default: the SIP server's own. */
  contact?: string | undefined;
}

export interface PlacedCallOptions extends CallOptions {
  uri: string;
  /** SIP URI of the next hop; unless given, the URI called, or the one way out. */
  proxy?: string | undefined;
  headers: Headers;
  credentials?: { user: string; password: string } | undefined;
  /** INVITE without SDP: the offer comes in the 200, our answer goes in the ACK (RFC 3264 §4). */
  offerless?: boolean;
  /** ms to wait for the answer. */
  patience: number;
  /** Aborted to give the call up. */
  stop: AbortSignal;
}

/** ms; a peer that is gone would cost 32 s (RFC 3261 §17.1.2.2, timer F). */
const byePatience = 3000;

/** ms to wait for the 487 after a CANCEL. */
const cancelPatience = 1000;

const sdpType = { 'Content-Type': 'application/sdp' };

/** One call: its dialog and its media, from the answer to the BYE of either side. */
export class PhoneCall {
  readonly direction: 'originating' | 'terminating';
  /** From the INVITE to the 200, ms. */
  readonly setupMs: number;
  readonly media: UeMedia;
  readonly #options: CallOptions;
  readonly #dialog: Dialog;
  readonly #ended = withResolvers<Party>();

  private constructor(direction: PhoneCall['direction'], options: CallOptions, dialog: Dialog, startedAt: number) {
    this.direction = direction;
    this.setupMs = Math.round(performance.now() - startedAt);
    this.media = options.media;
    this.#options = options;
    this.#dialog = dialog;
    dialog.on('destroy', () => this.#finish('peer'));
    const changed = (request: IncomingRequest, response: ResponseSender) => void this.#modified(request, response);
    dialog.on('modify', changed);
    dialog.on('update', changed);
    dialog.on('ack', ({ body }) => this.#acknowledged(body));
    options.observer({ event: 'answered', setupMs: this.setupMs });
  }

  /**
   * Calls and resolves once the 200 came. Rejects with `call-refused` (with `sipStatus`), `edge-unreachable`,
   * `call-unanswered` or what the media rejects with; the media is closed then.
   */
  static async place(options: PlacedCallOptions): Promise<PhoneCall> {
    const { media, uri, observer, credentials } = options;
    try {
      const offer = options.offerless === true ? undefined : await media.offer();
      observer({ event: 'calling', uri });
      const startedAt = performance.now();
      try {
        return await PhoneCall.#invite(options, offer, startedAt);
      } catch (error) {
        const challenge = error instanceof SipRejection ? challengeIn(error.response) : undefined;
        if (challenge === undefined || credentials === undefined) throw error;
        const answer = answerChallenge(challenge.value, { method: 'INVITE', uri, ...credentials });
        const headers = { ...options.headers, [challenge.header]: answer };
        return await PhoneCall.#invite({ ...options, headers }, offer, startedAt);
      }
    } catch (error) {
      media.close();
      throw error instanceof SipRejection ? refusal(error.response) : error;
    }
  }

  static async #invite(options: PlacedCallOptions, offer: string | undefined, startedAt: number): Promise<PhoneCall> {
    const { srf, uri, proxy, contact, patience, stop } = options;
    const headers = {
      ...options.headers,
      ...(contact !== undefined && { Contact: contact }),
      ...(offer !== undefined && sdpType),
      Supported: '100rel',
      Allow: 'INVITE, ACK, BYE, CANCEL, PRACK, UPDATE',
    };
    const invite = {
      ...{ method: 'INVITE' as const, headers },
      ...(proxy !== undefined && { proxy }),
      ...(offer !== undefined && { body: offer }),
    };
    const { promise, resolve, reject } = withResolvers<PhoneCall>();
    const until = AbortSignal.any([stop, AbortSignal.timeout(patience)]);
    const settled = new AbortController();
    const sent = (request: SentRequest) => {
      let givenUp: EdgeError | undefined;
      const giveUp = () => {
        const seconds = Math.round(patience / 1000);
        const error = stop.aborted
          ? new EdgeError('closed', 'The call was given up.')
          : new EdgeError('call-unanswered', `${uri} did not answer within ${seconds} s.`);
        givenUp = error;
        request.cancel({}, () => undefined);
        setTimeout(() => reject(error), cancelPatience);
      };
      until.addEventListener('abort', giveUp, { once: true, signal: settled.signal });
      if (until.aborted) giveUp();
      request.on('response', (response, acknowledge) => {
        if (response.status < 200) {
          if (response.has('RSeq')) acknowledge();
          PhoneCall.#provisional(options, response);
        } else if (response.status < 300) {
          PhoneCall.#answered(options, { request, response, startedAt }, acknowledge).then(resolve, reject);
        } else reject(givenUp ?? new SipRejection(response));
      });
    };
    srf.request(uri, invite, sent).catch(reject);
    return await promise.finally(() => settled.abort());
  }

  static #provisional({ media, observer, offerless }: PlacedCallOptions, response: IncomingResponse): void {
    if (response.status === 180) observer({ event: 'ringing' });
    if (response.body === '' || offerless === true) return;
    try {
      media.accept(response.body);
    } catch {
      // The final answer decides; an early one that cannot be used is only no early media.
    }
  }

  static async #answered(
    options: PlacedCallOptions,
    { request, response, startedAt }: { request: SentRequest; response: IncomingResponse; startedAt: number },
    acknowledge: (ack?: { headers: Headers; body: string }) => void,
  ): Promise<PhoneCall> {
    const { srf, media, offerless } = options;
    if (offerless !== true) acknowledge();
    const call = new PhoneCall('originating', options, srf.uacDialog(request, response), startedAt);
    try {
      if (offerless === true) acknowledge({ headers: sdpType, body: await media.answer(response.body) });
      else media.accept(response.body);
    } catch (error) {
      if (offerless === true) acknowledge();
      await call.hangUp();
      throw error;
    }
    media.audio.answered();
    return call;
  }

  /**
   * Answers an INVITE: 180, then 200. Rejects with `call-cancelled`, or with what the media rejects with, after
   * the INVITE was refused; the media is closed then.
   */
  static async take(request: IncomingRequest, response: ResponseSender, options: CallOptions): Promise<PhoneCall> {
    const { srf, media, observer, contact } = options;
    const startedAt = performance.now();
    observer({ event: 'incoming', from: request.getParsedHeader('from').uri });
    response.send(180, undefined, contact === undefined ? {} : { headers: { Contact: contact } });
    observer({ event: 'ringing' });
    try {
      const offerless = request.body === '';
      const localSdp = offerless ? await media.offer() : await media.answer(request.body);
      let call: PhoneCall | undefined;
      await srf.createUas(request, response, {
        localSdp,
        ...(contact !== undefined && { headers: { Contact: contact } }),
        onDialog: (dialog) => {
          call = new PhoneCall('terminating', options, dialog, startedAt);
        },
      });
      if (call === undefined) throw new EdgeError('call-cancelled', 'The caller gave up.');
      if (!offerless) media.audio.answered();
      return call;
    } catch (error) {
      media.close();
      if (!response.finalResponseSent) response.send((error as EdgeError).sipStatus ?? 500, undefined);
      if (error instanceof EdgeError && error.code === 'sip-unsent') {
        throw new EdgeError('call-cancelled', 'The caller gave up before the answer.', { cause: error });
      }
      throw error;
    }
  }

  /** Resolves with who hung up. */
  get ended(): Promise<Party> {
    return this.#ended.promise;
  }

  /** Puts the peer on hold, or takes it back, by a re-INVITE. Rejects with `call-refused`. */
  async hold(holding: boolean): Promise<void> {
    const { media, observer } = this.#options;
    media.hold(holding);
    await this.#reinvite();
    const by = 'us';
    observer(holding ? { event: 'held', by } : { event: 'resumed', by });
  }

  /** Leaves the call with these streams alone, dropping or adding, by a re-INVITE. Rejects with `call-refused`. */
  async change(kinds: readonly MediaKind[]): Promise<void> {
    const { media, observer } = this.#options;
    media.want(kinds);
    await this.#reinvite();
    observer({ event: 'changed', media: [...kinds] });
  }

  async #reinvite(): Promise<void> {
    const { srf, media } = this.#options;
    const headers = { Contact: this.#dialog.local.contact, ...sdpType };
    const body = await media.offer();
    const { response } = await srf.requestInDialog(this.#dialog, { method: 'INVITE', headers, body });
    if (response.status >= 300) throw refusal(response);
    media.accept(response.body);
  }

  /** Sends BYE and waits for its answer, though not for long; nothing happens if the call has ended already. */
  async hangUp(): Promise<void> {
    if (!this.#dialog.connected) return;
    this.media.audio.conclude();
    await this.media.messages.conclude();
    const enough = delay(byePatience, undefined, { ref: false });
    await Promise.race([this.#dialog.destroy().catch(() => undefined), enough]);
    this.#finish('us');
  }

  async #modified(request: IncomingRequest, response: ResponseSender): Promise<void> {
    try {
      const body = request.body === '' ? undefined : await this.media.answer(request.body);
      // An UPDATE without SDP only refreshes (RFC 4028); an INVITE without is a wish for an offer.
      const sdp = body ?? (request.method === 'INVITE' ? await this.media.offer() : undefined);
      const { contact } = this.#options;
      response.send(200, undefined, {
        headers: { ...(sdp !== undefined && sdpType), Contact: contact ?? this.#dialog.local.contact },
        ...(sdp !== undefined && { body: sdp }),
      });
    } catch (error) {
      response.send((error as EdgeError).sipStatus ?? 500, undefined);
    }
  }

  #acknowledged(answer: string): void {
    if (answer !== '') {
      try {
        this.media.accept(answer);
      } catch (error) {
        const { code, message } = error as EdgeError;
        this.#options.observer({ event: 'error', code, message });
        void this.hangUp();
        return;
      }
    }
    this.media.audio.answered();
  }

  #finish(by: Party): void {
    this.media.audio.conclude();
    this.#options.observer({ event: 'ended', by });
    this.#ended.resolve(by);
  }
}
