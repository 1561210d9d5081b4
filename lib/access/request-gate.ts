import type { OccasionalLog } from '../ops/occasional-log';
import type { Tally } from '../ops/tally';
import { accountOf } from '../shares/account';
import { Holdings } from '../shares/holdings';
import type { ShareLimits } from '../shares/limits';
import type { RequestKind, RequestRefusal, RequestShares } from '../shares/request-shares';
import { retryAfter } from '../shares/retry-after';
import { TokenBuckets } from '../shares/token-buckets';
import type { OwnResponse } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import { tagOf } from '../wire/sip-uri';
import { PendingRequests } from './pending-requests';

/** What became of requests of UEs that the SIP server did not see, or did not answer. */
export type Unserved =
  | RequestRefusal
  | 'ue-endings'
  | 'ue-progress'
  | 'ue-under-way'
  | 'source-under-way'
  | 'strangers-under-way'
  | 'under-way'
  | 'server-silent';

/** What the gates of all connections share. */
export interface GateSurroundings {
  readonly limits: ShareLimits;
  readonly shares: RequestShares;
  /** SIP messages of each connection. */
  readonly messages: TokenBuckets<RequestGate>;
  /** Those that a connection may bring whatever others of its sender bring. */
  readonly fewMessages: TokenBuckets<RequestGate>;
  /** ACK, BYE, CANCEL and PRACK in calls, of each registered UE and of each connection without one. */
  readonly endings: TokenBuckets<string | RequestGate>;
  /** Provisional responses and 2xx to INVITEs, as the endings. */
  readonly progress: TokenBuckets<string | RequestGate>;
  /** SIP messages beyond these, of all connections of a registered UE, or of all strangers of one place. */
  readonly messagesOfSender: TokenBuckets;
  /** The same of all strangers. */
  readonly messagesOfStrangers: TokenBuckets;
  /** Requests on their way: of all UEs, of those that are not registered, of these by place, and of each that is. */
  readonly underWay: Holdings;
  /** By the Request-URI. */
  isEmergency(uri: string): boolean;
  /** ms that the SIP server has for an answer. */
  readonly answer: number;
  readonly unserved: Tally<Unserved>;
  readonly log: OccasionalLog;
}

/** Those of one listener, whose UEs have taken nothing yet. */
export function gateSurroundings(
  limits: ShareLimits,
  others: Pick<GateSurroundings, 'shares' | 'isEmergency' | 'answer' | 'unserved' | 'log'>,
): GateSurroundings {
  return {
    limits,
    messages: new TokenBuckets(limits.messages),
    fewMessages: new TokenBuckets(limits.fewMessages),
    messagesOfSender: new TokenBuckets(limits.messagesOfSender),
    messagesOfStrangers: new TokenBuckets(limits.strangers.messages),
    endings: new TokenBuckets(limits.ue.endings),
    progress: new TokenBuckets(limits.ue.progress),
    underWay: new Holdings(),
    ...others,
  };
}

/** What bytes cost beside the messages in them, in messages: each piece that they come in, and so many bytes. */
const pieceCost = 0.25;
const bytesOfMessage = 2048;

/** Of requests on their way, what is held at once on one connection: 64 of 4 kB without their bodies. */
const pendingBytes = 262_144;

/** In a call they end what was begun, so that whoever sends them takes less. */
const ending = new Set(['ACK', 'BYE', 'CANCEL', 'PRACK']);

/** Which requests of one connection may go on to the SIP server now, and which of them it has left unanswered (N3). */
export class RequestGate {
  readonly #around: GateSurroundings;
  /** Where the UE is, as `networkOf` names it. */
  readonly #source: string;
  readonly #pending: PendingRequests;
  /** Whom the UE has registered here as first. */
  #ue: string | undefined;

  /** `silent` is told of a request, as it went to the server, that this has not answered in time. */
  constructor(around: GateSurroundings, source: string, silent: (request: SipMessage) => void) {
    this.#around = around;
    this.#source = source;
    this.#pending = new PendingRequests({
      within: around.answer,
      most: 2 * around.limits.ue.underWay,
      silent: (request) => {
        this.#unserved('server-silent', 'the SIP server does not answer requests of UEs');
        silent(request);
      },
    });
  }

  /** Undefined as long as nobody has registered here. */
  get account(): string | undefined {
    return this.#ue;
  }

  /** Whether the connection may bring another message; if not, it is to be closed. */
  takesMessage(): boolean {
    return this.#mayBring(1);
  }

  /**
   * The same for bytes that came in so many pieces (segments, WebSocket frames), whatever they are: keep-alives, a long
   * message, or one in pieces of a byte, of which each costs as much as many bytes do.
   */
  takesBytes(bytes: number, pieces: number): boolean {
    return this.#mayBring(pieces * pieceCost + bytes / bytesOfMessage);
  }

  /** The answer to a request that there is no room for. `isInCall`: its Call-ID is that of a call on this connection. */
  refusal(request: SipMessage, isInCall: boolean): OwnResponse | undefined {
    const kind = this.#kindOf(request);
    const refused =
      isInCall && ending.has(request.method)
        ? this.#tooManyEndings()
        : (this.#around.shares.refusal({ source: this.#source, ue: this.#ue }, kind) ?? this.#noRoom(kind));
    return this.#answerTo(refused, kind);
  }

  /** Whether a response of the UE may go on: of those that there may be many of, so many. */
  takesResponse({ status, cseq }: SipMessage): boolean {
    const isOnlyOne = status >= 300 || (status >= 200 && cseq?.method !== 'INVITE');
    if (isOnlyOne || this.#around.progress.take(this.#sender)) return true;
    this.#unserved('ue-progress', 'responses of UEs are dropped for now');
    return false;
  }

  /** The same for one that had to wait for a connection to the server: since it came, others have gone there. */
  refusalAfterWaiting(request: SipMessage): OwnResponse | undefined {
    if (ending.has(request.method)) return undefined;
    const kind = this.#kindOf(request);
    return this.#answerTo(this.#noRoom(kind), kind);
  }

  /** Takes note of a request as it goes to the SIP server. */
  sent(request: SipMessage): void {
    const { underWay } = this.#around;
    const names = ['all', ...(this.#ue === undefined ? ['strangers', `at ${this.#source}`] : [`ue ${this.#ue}`])];
    for (const name of names) underWay.take(name, Infinity);
    this.#pending.sent(request, () => names.forEach((name) => underWay.giveBack(name)));
  }

  /** Takes note of a response of the SIP server. False: the UE has got another one already. */
  answered(response: SipMessage): boolean {
    return this.#pending.answered(response);
  }

  registered(ue: string): void {
    this.#ue ??= accountOf(ue);
    this.#around.shares.registeredFrom(this.#source);
  }

  close(): void {
    this.#pending.close();
    const { messages, fewMessages, endings, progress } = this.#around;
    for (const buckets of [messages, fewMessages, endings, progress]) buckets.forget(this);
  }

  #mayBring(cost: number): boolean {
    const { messages, fewMessages } = this.#around;
    const mayBe = messages.take(this, 0, cost) && (fewMessages.take(this, 0, cost) || this.#mayBringMore(cost));
    if (!mayBe) this.#around.log.warn({ source: this.#source }, 'a connection is closed: it brings too many messages');
    return mayBe;
  }

  #mayBringMore(cost: number): boolean {
    const { messagesOfSender, messagesOfStrangers } = this.#around;
    if (this.#ue !== undefined) return messagesOfSender.take(this.#ue, 0, cost);
    return messagesOfSender.take(`at ${this.#source}`, 0, cost) && messagesOfStrangers.take('all', 0, cost);
  }

  get #sender(): string | RequestGate {
    return this.#ue ?? this;
  }

  #tooManyEndings(): Unserved | undefined {
    return this.#around.endings.take(this.#sender) ? undefined : 'ue-endings';
  }

  #kindOf(request: SipMessage): RequestKind {
    if (request.method === 'REGISTER') return 'registration';
    if (request.method !== 'INVITE' || tagOf(request.get('to')) !== undefined) return 'other';
    return this.#around.isEmergency(request.requestUri) ? 'emergency-call' : 'call';
  }

  /** An emergency call is kept back by nothing but its own connection. */
  #noRoom(kind: RequestKind): Unserved | undefined {
    const { limits, shares, underWay } = this.#around;
    if (this.#pending.size >= limits.ue.underWay || this.#pending.bytes >= pendingBytes) return 'ue-under-way';
    if (kind === 'emergency-call') return undefined;
    if (underWay.of('all') >= limits.underWay) return 'under-way';
    if (this.#ue !== undefined) return underWay.of(`ue ${this.#ue}`) >= limits.ue.underWay ? 'ue-under-way' : undefined;
    if (underWay.of(`at ${this.#source}`) >= limits.source.onTheirWay) return 'source-under-way';
    const comesBack = kind === 'registration' && shares.isKnown(this.#source);
    const room = limits.strangers.underWay / (comesBack ? 1 : 2);
    return underWay.of('strangers') >= room ? 'strangers-under-way' : undefined;
  }

  #answerTo(refused: Unserved | undefined, kind: RequestKind): OwnResponse | undefined {
    if (refused === undefined) return undefined;
    this.#unserved(refused, 'requests of UEs are refused for now');
    return tooMany(kind === 'emergency-call');
  }

  #unserved(why: Unserved, message: string): void {
    this.#around.unserved.add(why);
    this.#around.log.warn({ source: this.#source, why }, message);
  }
}

/** Its sender may come again later. */
export function tooMany(isEmergency = false): OwnResponse {
  return {
    status: 503,
    reason: 'Service Unavailable',
    headers: { 'Retry-After': String(retryAfter(isEmergency)) },
  };
}
