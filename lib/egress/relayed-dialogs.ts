import { RefreshedTargets } from '../drachtio/fence/refreshed-targets';
import type { SipMessage } from '../wire/sip-message';
import type { Branch, Branches } from './branches';
import { EarlyNotifies } from '../drachtio/fence/early-notifies';
import { ForkedCalls, Forks, type ForkResponse } from '../drachtio/fence/forks';

/** What drachtio-server cannot follow of the dialogs that go by the relay: forks, early NOTIFYs, and new targets. */
export class RelayedDialogs {
  readonly #calls: ForkedCalls;
  readonly #notifies = new EarlyNotifies();
  readonly #targets: RefreshedTargets;

  /** @param most calls whose forks are remembered */
  constructor(most: number) {
    this.#calls = new ForkedCalls(most);
    this.#targets = new RefreshedTargets(most);
  }

  /** Takes note of a request of the server that begins a dialog. `relay`: host and port in our Record-Route. */
  begin({ method, callId }: SipMessage, relay: string): void {
    if (method === 'INVITE') this.#calls.set(callId, new Forks(relay));
    else this.#notifies.begin(callId);
  }

  /** Changes a request of the server; `callId` is the server's. */
  toCore(request: SipMessage, callId: string): void {
    if (request.toTag === undefined) return;
    const target = this.#targets.of(request, callId);
    if (target !== undefined) request.requestUri = target;
    this.#translate(request, callId, 'toCore');
  }

  /** Changes a request of the core inside a dialog. */
  toServer(request: SipMessage): void {
    this.#translate(request, request.callId, 'toServer');
    this.#targets.requestToServer(request);
  }

  /** Keeps a NOTIFY for the server back that is too early; false: it is none. `branch` tells its repetitions. */
  holds(request: SipMessage, branch: string, settle: (isSubscribed: boolean) => void): boolean {
    return request.method === 'NOTIFY' && this.#notifies.hold(request, branch, settle);
  }

  /** Changes a response to `request`, so that its sender knows the dialog; it may be for nobody. */
  response({ request, isForServer }: Pick<Branch, 'request' | 'isForServer'>, response: SipMessage): ForkResponse {
    if (!isForServer) this.#targets.responseToServer(request, response);
    const isBeginning = request.toTag === undefined;
    const forks = isBeginning && request.method === 'INVITE' ? this.#calls.get(request.callId) : undefined;
    const passage = forks?.response(response) ?? 'passes';
    // The sender may know the fork by another tag, and would not know a response with others than its own (RFC 3261
    // §8.2.6.2).
    for (const name of isBeginning ? ['From', 'CSeq'] : ['From', 'To', 'CSeq']) {
      response.set(name, request.get(name.toLowerCase()) ?? '');
    }
    return passage;
  }

  /** The response has gone to the sender of `request`. */
  answered({ method, callId }: SipMessage, status: number): void {
    if (method === 'SUBSCRIBE' && status >= 300) this.#notifies.settle(callId, false);
  }

  /** The server has taken the 2xx to its SUBSCRIBE. */
  subscribed(callId: string): void {
    this.#notifies.settle(callId, true);
  }

  /** Forgets what is over. */
  sweep(branches: Branches): void {
    const [inviting, subscribing] = [branches.callIds('INVITE'), branches.callIds('SUBSCRIBE')];
    this.#calls.sweep((callId) => inviting.has(callId));
    this.#notifies.sweep((callId) => subscribing.has(callId));
  }

  #translate(request: SipMessage, callId: string, way: 'toCore' | 'toServer'): void {
    const forks = this.#calls.get(callId);
    forks?.[way](request);
    if (forks && request.method === 'BYE') forks.isOver = true;
  }
}
