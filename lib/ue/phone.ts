import type { Headers, IncomingRequest, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import type { Outbound } from '../embedded/outbound';
import { EdgeError } from '../errors';
import { withResolvers } from '../with-resolvers';
import type { Logger } from '../ops/logger';
import { PhoneCall, type PlacedCallOptions } from './phone-call';
import { UeMedia, type CallMediaOptions } from './ue-media';
import type { CallMessagesOptions } from './call-messages';
import { SipLink } from './sip-link';
import type { MediaKind, Observer } from './ue-event';

export interface PhoneOptions {
  /** SIP URIs to listen at. */
  contacts: string[];
  outbound?: Outbound | undefined;
  logger: Logger;
  observer: Observer;
  media: Omit<CallMediaOptions, 'observer' | 'offers'>;
}

/** What may be chosen for the MSRP of a call. */
export type MessageOptions = Pick<CallMessagesOptions, 'cema' | 'setup' | 'certificate' | 'body' | 'message'>;

/** What may be chosen for a UE and for a core phone. */
export interface EndOptions {
  domain: string;
  /** RTP packets to send on each stream of a call, then silence; undefined: no limit. */
  limit?: number | undefined;
  messages?: MessageOptions | undefined;
  observer: Observer;
  logger: Logger;
}

/** What may be chosen for a call that we place; `patience` in ms, `media` audio alone unless given. */
export interface CallingOptions {
  offerless?: boolean;
  patience: number;
  media?: readonly MediaKind[] | undefined;
}

/** A call that came in. */
type Incoming = [request: IncomingRequest, response: ResponseSender];

/** Who waits for a call, the longest first: each call is one's alone. */
type Waiting = Set<(call: Incoming) => void>;

function closed(): EdgeError {
  return new EdgeError('closed', 'The phone was closed.');
}

/** What a UE and a core phone have in common: SIP, and one call at a time. */
export class Phone {
  readonly #options: PhoneOptions;
  readonly #link: SipLink;
  readonly #waiting: Waiting;
  readonly #stop = new AbortController();
  #call: PhoneCall | undefined;
  /** Settles with the call being placed. */
  #placing: Promise<unknown> = Promise.resolve();

  private constructor(options: PhoneOptions, link: SipLink, waiting: Waiting) {
    this.#options = options;
    this.#link = link;
    this.#waiting = waiting;
  }

  /** `handlers` registers what is to be received beside INVITE. Rejects with `sip-unusable`. */
  static async open(options: PhoneOptions, handlers: (srf: Srf) => void = () => undefined): Promise<Phone> {
    const waiting: Waiting = new Set();
    const { contacts, outbound, logger } = options;
    const link = await SipLink.open({ contacts, outbound, logger }, (srf) => {
      srf.handle('INVITE', (request, response) => {
        const [first] = waiting;
        if (first === undefined) response.send(486, undefined);
        else first([request, response]);
      });
      handlers(srf);
    });
    return new Phone(options, link, waiting);
  }

  get srf(): Srf {
    return this.#link.srf;
  }

  /** `transport/address:port` of each contact. */
  get contacts(): readonly string[] {
    return this.#link.contacts;
  }

  /** Calls; rejects as {@link Call.place} does. */
  async place(
    call: Pick<PlacedCallOptions, 'uri' | 'proxy' | 'credentials' | 'offerless' | 'patience' | 'contact'> & {
      headers: Headers;
      media?: readonly MediaKind[] | undefined;
    },
  ): Promise<PhoneCall> {
    const { observer } = this.#options;
    if (this.#stop.signal.aborted) throw closed();
    const placing = PhoneCall.place({
      ...call,
      srf: this.srf,
      observer,
      media: this.#media(call.media),
      stop: this.#stop.signal,
    });
    this.#placing = placing.catch(() => undefined);
    this.#call = await placing;
    return this.#call;
  }

  /**
   * Answers the next call; `media` is what we offer if it comes without an offer. Rejects with `no-call` when none came
   * within `patience` ms, else as {@link Call.take}.
   */
  async take(patience: number, media?: readonly MediaKind[], contact?: string): Promise<PhoneCall> {
    const { observer } = this.#options;
    const [request, response] = await this.#next(patience);
    const options = { srf: this.srf, observer, media: this.#media(media), contact };
    this.#call = await PhoneCall.take(request, response, options);
    return this.#call;
  }

  async #next(patience: number): Promise<Incoming> {
    const { signal } = this.#stop;
    if (signal.aborted) throw closed();
    const until = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const { promise, resolve, reject } = withResolvers<Incoming>();
    const take = (call: Incoming) => {
      this.#waiting.delete(take);
      resolve(call);
    };
    const giveUp = () => {
      const late = new EdgeError('no-call', `No call came in within ${Math.round(patience / 1000)} s.`);
      reject(signal.aborted ? closed() : late);
    };
    this.#waiting.add(take);
    until.addEventListener('abort', giveUp);
    return await promise.finally(() => {
      this.#waiting.delete(take);
      until.removeEventListener('abort', giveUp);
    });
  }

  /** Gives up what is being placed or awaited, hangs up what is left of the newest call, and closes SIP. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#placing;
    await this.#call?.hangUp();
    this.#call?.media.close();
    await this.#link.close();
  }

  /** @param offers what we offer where we are asked for an offer */
  #media(offers: readonly MediaKind[] = ['audio']): UeMedia {
    return new UeMedia({ ...this.#options.media, observer: this.#options.observer, offers });
  }
}
