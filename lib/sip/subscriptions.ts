import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import { hasSafeTarget } from '../drachtio/dialog-target';
import type { Srf } from '../drachtio/srf';
import { isUnreachable } from '../drachtio/unreachable';
import { EdgeError } from '../errors';
import { otherSide, type Side } from '../media/media-anchor';
import { Holdings } from '../shares/holdings';
import { retryAfter } from '../shares/retry-after';
import type { CoreRequests } from './core-requests';
import { fromCore } from './core-reach';
import type { UePolicy } from './ue-policy';
import { passBack } from './exchanges';
import type { Egress } from './egress';
import { exchangeHeaders, inDialogHeaders } from './header-policy';
import { flowKey, type Flow } from './flow-token';
import type { Registrar } from './registrar';
import { idAtReceiver, serverDialogId } from '../drachtio/server-dialog-id';
import type { Target } from './target';
import { hideExpiry, type UeConnections } from './ue-connections';
import { reply, retryLater } from './verdict';

/** One leg of a subscription: what comes in its dialog goes on in the other's. */
interface Leg {
  side: Side;
  /** Dialog of the other leg. */
  other: string;
  policy: UePolicy;
  /** The UE's. */
  flow: Flow;
  /** Whom the UE is charged as. */
  ue: string;
  /** Names the subscription, in words of ours. */
  name: string;
  /** Ends the subscription, which both legs share. */
  end: () => void;
  /** Starts the wait for its refresh again. */
  expireIn: (seconds: number) => void;
}

/** ms beyond its expiry that a subscription is kept for its last NOTIFY (RFC 6665 §4.1.2.2, Timer N: 64·T1). */
const grace = 32_000;

/** s; for a SUBSCRIBE whose 2xx names no expiry */
const defaultExpires = 3600;

export interface SubscriptionsOptions {
  srf: Srf;
  registrar: Registrar;
  connections: UeConnections;
  egress: Pick<Egress, 'subscribed'>;
  /** The server's ids of the dialogs that requests of ours start in the core. */
  toCore: Set<string>;
  coreRequests: CoreRequests;
  /** Subscriptions of one UE at most. */
  mostOfUe: number;
  /** Subscriptions under way at most. */
  most?: number;
}

/**
 * Subscriptions between UEs and the core (RFC 6665): a dialog on each side, like a call's, so that NOTIFYs find the UE
 * over its connection and neither side sees the other's addresses.
 */
export class Subscriptions {
  readonly #srf: Srf;
  readonly #connections: UeConnections;
  readonly #egress: Pick<Egress, 'subscribed'>;
  readonly #most: number;
  readonly #mostOfUe: number;
  /** How many each UE has, by its connection and by whom it is charged to. */
  readonly #held = new Holdings();
  readonly #toCore: Set<string>;
  readonly #coreRequests: CoreRequests;
  readonly #legs = new Map<string, Leg>();
  /** SUBSCRIBEs under way, by the server's ids of the dialogs that they are to make. */
  readonly #toCome = new Map<string, Promise<void>>();
  /** Ends the subscriptions of each UE, by its flow. */
  readonly #onFlow = new Map<string, Set<() => void>>();

  constructor(options: SubscriptionsOptions) {
    const { srf, registrar, connections, egress, toCore, coreRequests, mostOfUe, most = 100_000 } = options;
    this.#srf = srf;
    this.#coreRequests = coreRequests;
    this.#connections = connections;
    this.#egress = egress;
    this.#most = most;
    this.#mostOfUe = mostOfUe;
    this.#toCore = toCore;
    registrar.on('flow-ended', (flow) => {
      for (const end of [...(this.#onFlow.get(flowKey(flow)) ?? [])]) end();
    });
  }

  /** Subscriptions under way. */
  get size(): number {
    return this.#legs.size / 2;
  }

  /** Passes a SUBSCRIBE that starts a subscription on. Rejects as {@link exchange} does, and with `too-many-subscriptions` (503). */
  async subscribe(
    request: IncomingRequest,
    response: ResponseSender,
    { from, target }: { from: Side; target: Target },
  ): Promise<void> {
    if (!hasSafeTarget(request)) throw new EdgeError('sip-target', 'The Contact is no SIP URI.');
    this.#mustHaveRoom(from, target);
    const near = serverDialogId(request);
    const { uri, policy } = target;
    const { proxy, headers: notes } = target.way();
    const passed = policy.request(otherSide(from), exchangeHeaders(request));
    const [callId, tag] = [randomUUID(), randomUUID()];
    const headers = { ...passed, ...notes, 'Call-ID': callId, From: `${passed['From'] ?? ''};tag=${tag}` };
    const far = `${callId};from-tag=${tag}`;
    if (from === 'access') this.#toCore.add(far);
    const body = request.body && { body: request.body };
    const settled = this.#await(far);
    try {
      const sending = this.#srf.send(uri, { method: 'SUBSCRIBE', proxy, headers, ...body });
      const final = await (from === 'access' ? fromCore(proxy, sending) : sending);
      this.#answered(request, response, final, { from, target, ids: [near, far] });
    } finally {
      this.#toCore.delete(far);
      settled();
    }
  }

  #mustHaveRoom(from: Side, target: Target): void {
    const isFull = sharesOf(target).some((name) => this.#held.of(name) >= this.#mostOfUe);
    if (this.size < this.#most && !isFull) return;
    const message = 'There are as many subscriptions as there may be.';
    // Of one UE: the core need not think that the edge is overloaded.
    const sipStatus = isFull && from === 'core' ? 480 : 503;
    throw new EdgeError('too-many-subscriptions', message, { sipStatus, retryAfter: 60 });
  }

  /** Notes that the dialog is to come, for its first NOTIFY may be quicker than the 2xx (RFC 6665 §4.1.2.4). */
  #await(far: string): () => void {
    let settled: () => void = () => undefined;
    this.#toCome.set(far, new Promise((resolve) => (settled = resolve)));
    return () => {
      this.#toCome.delete(far);
      settled();
    };
  }

  #answered(
    request: IncomingRequest,
    response: ResponseSender,
    final: IncomingResponse,
    { from, target, ids }: { from: Side; target: Target; ids: [string, string] },
  ): void {
    if (from === 'core' && isUnreachable(final)) {
      throw new EdgeError('flow-failed', 'The UE cannot be reached over its connection.');
    }
    if (final.status < 300 && !hasSafeTarget(final)) {
      throw new EdgeError('sip-target', 'The far end answered with a Contact that is no SIP URI.', { sipStatus: 502 });
    }
    const isTaken = final.status < 300;
    if (isTaken) {
      this.#pair(from, ids, expiryOf(request, final), target);
      if (from === 'core') this.#establish(final, target);
      else this.#egress.subscribed(final.get('call-id') ?? '');
    }
    const hide = (passed: Headers) => (isTaken && from === 'access' ? hideExpiry(passed, target.flow) : passed);
    passBack(final, response, { to: from, policy: target.policy, uri: request.uri, hide });
  }

  #establish(final: IncomingResponse, { flow: { address, port } }: Target): void {
    const tag = (header: 'from' | 'to') => final.getParsedHeader(header).params['tag'] ?? '';
    const dialog = { callId: final.get('call-id') ?? '', serverTag: tag('from'), ueTag: tag('to') };
    this.#connections.established(address, port, dialog);
  }

  /** Passes a request inside a subscription's dialog on; false where there is none. */
  async inDialog(request: IncomingRequest, response: ResponseSender): Promise<boolean> {
    // Empty while the dialog is none yet to the server.
    const id =
      request.stackDialogId === undefined || request.stackDialogId === ''
        ? idAtReceiver(request)
        : request.stackDialogId;
    await this.#toCome.get(id);
    // What was read before, such as the answer to the SUBSCRIBE that caused this NOTIFY, goes on before.
    await setImmediate();
    const leg = this.#legs.get(id);
    if (!leg) return false;
    const { side, other, policy, flow, ue, name } = leg;
    if (!policy.admits(side, request)) {
      reply(response, { status: 403, headers: {} });
      return true;
    }
    if (side === 'core' && !this.#coreRequests.takesInDialog(name, ue)) {
      reply(response, retryLater(retryAfter()));
      return true;
    }
    if (!hasSafeTarget(request)) {
      reply(response, { status: 400, headers: {} });
      leg.end();
      return true;
    }
    const { method, body } = request;
    const headers = policy.request(otherSide(side), inDialogHeaders(request));
    const final = await this.#srf.sendInDialog(other, { method, headers, ...(body && { body }) });
    const isRefreshed = method === 'SUBSCRIBE' && final.status < 300;
    const hide = (passed: Headers) => (isRefreshed && side === 'access' ? hideExpiry(passed, flow) : passed);
    passBack(final, response, { to: side, policy, uri: request.uri, hide });
    const isOver = !hasSafeTarget(final) || final.status === 481 || final.status === 408 || isUnreachable(final);
    if (isOver || (method === 'NOTIFY' && /^\s*terminated\b/i.test(request.get('subscription-state') ?? ''))) leg.end();
    else if (isRefreshed) leg.expireIn(expiryOf(request, final));
    return true;
  }

  /** Ends all subscriptions without a word: their dialogs are gone, or are left to expire. */
  forgetAll(): void {
    for (const leg of [...this.#legs.values()]) leg.end();
  }

  /** `near` and `far` are the server's ids of the two dialogs, `seconds` the time until they expire. */
  #pair(from: Side, [near, far]: [string, string], seconds: number, target: Target): void {
    const { policy, flow } = target;
    this.#legs.get(near)?.end();
    let timeout: NodeJS.Timeout | undefined;
    const key = flowKey(flow);
    for (const name of sharesOf(target)) this.#held.take(name, Infinity);
    const onFlow = this.#onFlow.get(key) ?? new Set();
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timeout);
      for (const name of sharesOf(target)) this.#held.giveBack(name);
      this.#legs.delete(near);
      this.#legs.delete(far);
      onFlow.delete(end);
      if (onFlow.size === 0) this.#onFlow.delete(key);
    };
    this.#onFlow.set(key, onFlow.add(end));
    const expireIn = (anew: number) => {
      clearTimeout(timeout);
      if (isOver) return;
      timeout = setTimeout(end, Math.min(anew * 1000 + grace, 2 ** 31 - 1));
    };
    const both = { policy, flow, ue: target.ue ?? key, name: far, end, expireIn };
    this.#legs.set(near, { ...both, side: from, other: far });
    this.#legs.set(far, { ...both, side: otherSide(from), other: near });
    expireIn(seconds);
  }
}

/** Whom a subscription is charged to. */
function sharesOf({ flow, ue }: Target): string[] {
  return ue === undefined ? [flowKey(flow)] : [flowKey(flow), ue];
}

function expiryOf(request: IncomingRequest, final: IncomingResponse): number {
  const seconds = Number(final.get('expires') ?? request.get('expires') ?? defaultExpires);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : defaultExpires;
}
