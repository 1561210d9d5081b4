import { randomUUID } from 'node:crypto';
import type { AppConnection } from './app-connection';
import type { ServerDialog } from './server-dialog';
import type { PeerFlow } from './peer-flow';
import { newTag } from './ids';
import type { ReliableProvisionals } from './reliable-provisionals';
import { responseTo } from '../wire/own-response';
import { spellHeader, type SipMessage } from '../wire/sip-message';
import type { Stop, Timers } from './timers';

type RequestState =
  /** No final response yet. */
  | 'proceeding'
  /** A final response was sent; repeats of the request get it again. */
  | 'completed'
  /** A 2xx to INVITE was sent and its ACK is awaited. */
  | 'answered'
  | 'terminated';

/** A request received, until it is answered and repeats of it can no longer come (RFC 3261 §17.2). */
export class ServerTransaction {
  /** Under which the app knows it. */
  readonly txn = randomUUID();
  readonly request: SipMessage;
  readonly flow: PeerFlow;
  /** Size of the request as received. */
  readonly bytes: number;
  /** The tag that the request had in its To; empty outside a dialog. */
  readonly requestTag: string;
  /** Whose turn it is to answer. */
  owner: AppConnection | undefined;
  dialog: ServerDialog | undefined;
  state: RequestState = 'proceeding';
  /** Whether the app has sent anything for it. */
  isTouched = false;
  /** Whether a 2xx of the app waits for a PRACK. */
  isAnswerHeld = false;
  /** Reliable provisional responses, for an INVITE that had one. */
  reliable: ReliableProvisionals | undefined;
  /** Told when the ACK to a 2xx never came. */
  onUnacknowledged: (() => void) | undefined;
  lastResponse: string | undefined;
  /** Whether it is an INVITE that got a 2xx. */
  isAccepted = false;
  #ownTag: string;
  readonly #timers: Timers;
  readonly #ended: (transaction: ServerTransaction) => void;
  #repeat: Stop = () => undefined;
  #expiry: Stop = () => undefined;

  constructor(
    request: SipMessage,
    flow: PeerFlow,
    bytes: number,
    timers: Timers,
    ended: (transaction: ServerTransaction) => void,
  ) {
    this.request = request;
    this.flow = flow;
    this.bytes = bytes;
    this.#timers = timers;
    this.#ended = ended;
    this.requestTag = request.toTag ?? '';
    this.#ownTag = this.requestTag === '' ? newTag() : this.requestTag;
  }

  get method(): string {
    return this.request.method;
  }

  /** The To tag of all our responses. */
  get toTag(): string {
    return this.#ownTag;
  }

  /** An app may choose the tag in its first response. */
  chooseTag(tag: string): void {
    if (!this.isTouched && this.requestTag === '') this.#ownTag = tag;
  }

  /** A response with what every response copies from its request (RFC 3261 §8.2.6.2). */
  response(status: number, reason: string): SipMessage {
    const response = responseTo(this.request, { status, reason }, status > 100 ? this.#ownTag : '');
    response.headers = response.headers.map((header) => ({ ...header, name: spellHeader(header.name) }));
    for (const route of this.request.values('record-route')) response.add('Record-Route', route);
    return response;
  }

  /** Answers by itself, without an app. */
  reject(status: number, reason: string, headers: Record<string, string> = {}): string {
    const response = this.response(status, reason);
    for (const [name, value] of Object.entries(headers)) response.add(name, value);
    return this.send(response);
  }

  /** Sends a response and follows the state machine. Returns it as sent. */
  send(response: SipMessage): string {
    const text = response.toString();
    const { status } = response;
    this.lastResponse = text;
    this.flow.send(text);
    if (status < 200) return text;
    this.#repeat();
    this.#expiry();
    const { t1, t2, transaction } = this.#timers.times;
    const isInvite = this.method === 'INVITE';
    if (isInvite && this.flow.local.transport === 'udp') {
      this.#repeat = this.#timers.repeat(t1, t2, () => this.flow.send(text));
    }
    this.isAccepted = isInvite && status < 300;
    this.state = this.isAccepted ? 'answered' : 'completed';
    this.dialog?.unanswered.delete(this);
    // Over TCP no request is repeated (RFC 3261 §17.2.2, timer J).
    const isOver = !isInvite && this.flow.local.transport === 'tcp';
    this.#expiry = this.#timers.after(isOver ? 0 : transaction, () => {
      const isUnacknowledged = this.state === 'answered';
      this.end();
      if (isUnacknowledged) this.onUnacknowledged?.();
    });
    return text;
  }

  /** The request came again. */
  repeated(): void {
    if (this.lastResponse !== undefined && this.state !== 'terminated') this.flow.send(this.lastResponse);
  }

  /** The ACK came: nothing more to repeat, but the answer is kept for late copies of the request. */
  acknowledged(): void {
    this.#repeat();
    if (this.state === 'answered') this.state = 'completed';
  }

  end(): void {
    if (this.state === 'terminated') return;
    this.state = 'terminated';
    this.#repeat();
    this.#expiry();
    this.reliable?.stop();
    this.dialog?.unanswered.delete(this);
    this.#ended(this);
  }
}

/** What a request and its repeats have in common (RFC 3261 §17.2.3). */
export function serverKey(request: SipMessage, method = request.method): string {
  const via = request.topVia;
  if (via?.branch.startsWith('z9hG4bK')) return `${via.branch} ${via.sentBy} ${method}`;
  const cseq = request.cseq?.number ?? 0;
  return `${via?.sentBy ?? ''} ${request.callId} ${request.fromTag ?? ''} ${cseq} ${method}`;
}
