import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import { hasSafeTarget } from '../drachtio/dialog-target';
import { isLastNotify } from '../drachtio/fence/last-notify';
import type { Srf } from '../drachtio/srf';
import { isUnreachable } from '../drachtio/refusals';
import { EdgeError } from '../errors';
import { Groups } from '../groups';
import { otherSide, type Side } from '../media/media-anchor';
import { monotonicNow } from '../ops/clock';
import { Holdings } from '../shares/holdings';
import { retryAfter } from '../shares/retry-after';
import { withResolvers } from '../with-resolvers';
import type { CoreRequests } from './core-requests';
import { passBack, sendOn } from './exchanges';
import { ExpiryWheel } from './expiry-wheel';
import type { Egress } from './egress';
import { exchangeHeaders, inDialogHeaders } from './header-policy';
import { flowKey } from './flow-token';
import type { Registrar } from './registrar';
import { idAtReceiver, serverDialogId } from '../drachtio/server-dialog-id';
import { bodyOf } from './session-body';
import { sharesOf, type Target } from './target';
import { hideExpiry, type UeConnections } from './ue-connections';
import { reply, retryLater } from './final-status';

/** A subscription: what comes in the dialog of one side goes on in that of the other. */
interface Subscription {
  /** The server's ids of its dialogs. */
  readonly dialogs: Readonly<Record<Side, string>>;
  /** Names it, in words of ours. */
  readonly name: string;
  readonly target: Target;
  /** By `monotonicNow()`, ms. */
  until: number;
}

/** ms beyond its expiry that a subscription is kept for its last NOTIFY (RFC 6665 §4.1.2.2, Timer N: 64·T1). */
const grace = 32_000;

/** s; for a SUBSCRIBE whose 2xx names no expiry */
const defaultExpires = 3600;

/** Subscriptions under way. */
const most = 100_000;

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
}

/**
 * Subscriptions between UEs and the core (RFC 6665): a dialog on each side, like a call's, so that NOTIFYs find the UE
 * over its connection and neither side sees the other's addresses.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** How many each UE has, by its connection and by whom it is charged to. */
  readonly #held = new Holdings();
  /** By each of its dialogs. */
  readonly #ofDialog = new Map<string, Subscription>();
  /** SUBSCRIBEs under way, by the server's ids of the dialogs that they are to make. */
  readonly #toCome = new Map<string, Promise<void>>();
  /** Those of each UE, by its flow. */
  readonly #onFlow = new Groups<string, Subscription>();
  readonly #wheel = new ExpiryWheel<Subscription>(monotonicNow, (expired) => this.#end(expired));

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    options.registrar.on('flow-ended', (flow) => {
      for (const subscription of this.#onFlow.of(flowKey(flow))) this.#end(subscription);
    });
  }

  /** Subscriptions under way. */
  get size(): number {
    return this.#ofDialog.size / 2;
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
    const passed = target.policy.request(otherSide(from), exchangeHeaders(request));
    const [callId, tag] = [randomUUID(), randomUUID()];
    const headers = { ...passed, 'Call-ID': callId, From: `${passed['From'] ?? ''};tag=${tag}` };
    const far = `${callId};from-tag=${tag}`;
    if (from === 'access') this.#options.toCore.add(far);
    const settled = this.#await(far);
    try {
      const final = await sendOn(this.#options.srf, request, headers, { from, target });
      this.#answered(request, response, final, { from, target, ids: [near, far] });
    } finally {
      this.#options.toCore.delete(far);
      settled();
    }
  }

  #mustHaveRoom(from: Side, target: Target): void {
    const isFull = sharesOf(target).some((name) => this.#held.of(name) >= this.#options.mostOfUe);
    if (this.size < most && !isFull) return;
    const message = 'There are as many subscriptions as there may be.';
    // Of one UE: the core need not think that the edge is overloaded.
    const sipStatus = isFull && from === 'core' ? 480 : 503;
    throw new EdgeError('too-many-subscriptions', message, { sipStatus, retryAfter: 60 });
  }

  /** Notes that the dialog is to come, for its first NOTIFY may be quicker than the 2xx (RFC 6665 §4.1.2.4). */
  #await(far: string): () => void {
    const { promise, resolve } = withResolvers();
    this.#toCome.set(far, promise);
    return () => {
      this.#toCome.delete(far);
      resolve();
    };
  }

  #answered(
    request: IncomingRequest,
    response: ResponseSender,
    final: IncomingResponse,
    { from, target, ids }: { from: Side; target: Target; ids: [string, string] },
  ): void {
    if (final.status < 300 && !hasSafeTarget(final)) {
      throw new EdgeError('sip-target', 'The far end answered with a Contact that is no SIP URI.', { sipStatus: 502 });
    }
    const isTaken = final.status < 300;
    if (isTaken) {
      this.#begin(from, ids, target, expiryOf(request, final));
      if (from === 'core') this.#establish(final, target);
      else this.#options.egress.subscribed(final.get('call-id') ?? '');
    }
    const hide = (passed: Headers) => (isTaken && from === 'access' ? hideExpiry(passed, target.flow) : passed);
    passBack(final, response, { to: from, policy: target.policy, uri: request.uri, hide });
  }

  #establish(final: IncomingResponse, { flow: { address, port } }: Target): void {
    const tag = (header: 'from' | 'to') => final.getParsedHeader(header).params['tag'] ?? '';
    const dialog = { callId: final.get('call-id') ?? '', serverTag: tag('from'), ueTag: tag('to') };
    this.#options.connections.established(address, port, dialog);
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
    const subscription = this.#ofDialog.get(id);
    if (!subscription) return false;
    const { dialogs, name, target } = subscription;
    const { policy, flow } = target;
    const side = dialogs.access === id ? 'access' : 'core';
    if (!policy.admits(side, request)) {
      reply(response, { status: 403 });
      return true;
    }
    if (side === 'core' && !this.#options.coreRequests.takesInDialog(name, target.ue ?? flowKey(flow))) {
      reply(response, retryLater(retryAfter()));
      return true;
    }
    if (!hasSafeTarget(request)) {
      reply(response, { status: 400 });
      this.#end(subscription);
      return true;
    }
    const { method } = request;
    const headers = policy.request(otherSide(side), inDialogHeaders(request));
    const options = { method, headers, ...bodyOf(request) };
    const final = await this.#options.srf.sendInDialog(dialogs[otherSide(side)], options);
    const isRefreshed = method === 'SUBSCRIBE' && final.status < 300;
    const hide = (passed: Headers) => (isRefreshed && side === 'access' ? hideExpiry(passed, flow) : passed);
    passBack(final, response, { to: side, policy, uri: request.uri, hide });
    const isOver = !hasSafeTarget(final) || final.status === 481 || final.status === 408 || isUnreachable(final);
    if (isOver || isLastNotify(request)) this.#end(subscription);
    else if (isRefreshed && this.#ofDialog.get(id) === subscription)
      this.#expireIn(subscription, expiryOf(request, final));
    return true;
  }

  /** Ends all subscriptions without a word: their dialogs are gone, or are left to expire. */
  forgetAll(): void {
    for (const subscription of this.#ofDialog.values()) this.#end(subscription);
  }

  /** `near` and `far` are the server's ids of the two dialogs, `seconds` the time until they expire. */
  #begin(from: Side, [near, far]: [string, string], target: Target, seconds: number): void {
    const before = this.#ofDialog.get(near);
    if (before) this.#end(before);
    const dialogs = from === 'access' ? { access: near, core: far } : { access: far, core: near };
    const subscription = { dialogs, name: far, target, until: 0 };
    for (const id of [near, far]) this.#ofDialog.set(id, subscription);
    for (const name of sharesOf(target)) this.#held.take(name, Infinity);
    this.#onFlow.add(flowKey(target.flow), subscription);
    this.#expireIn(subscription, seconds);
  }

  /** Starts the wait for its refresh again. */
  #expireIn(subscription: Subscription, seconds: number): void {
    this.#wheel.delete(subscription, subscription.until);
    subscription.until = monotonicNow() + seconds * 1000 + grace;
    this.#wheel.add(subscription, subscription.until);
  }

  /** Does nothing where it has ended. */
  #end(subscription: Subscription): void {
    const { dialogs, target, until } = subscription;
    if (this.#ofDialog.get(dialogs.access) !== subscription) return;
    this.#ofDialog.delete(dialogs.access);
    this.#ofDialog.delete(dialogs.core);
    for (const name of sharesOf(target)) this.#held.giveBack(name);
    this.#onFlow.delete(flowKey(target.flow), subscription);
    this.#wheel.delete(subscription, until);
  }
}

function expiryOf(request: IncomingRequest, final: IncomingResponse): number {
  const seconds = Number(final.get('expires') ?? request.get('expires') ?? defaultExpires);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : defaultExpires;
}
