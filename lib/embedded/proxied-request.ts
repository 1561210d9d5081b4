import { randomUUID } from 'node:crypto';
import type { AppConnection } from './app-connection';
import { makeCancel, type ClientTransaction } from './client-transaction';
import { viaFor } from './contact';
import type { Flow } from './flow';
import { appHeaders } from './header-rules';
import { destinationOf } from './in-dialog-request';
import { ownRoute } from './proxying';
import type { ServerTransaction } from './server-transaction';
import { parseSipUri, uriOf, type SipUri } from '../wire/sip-uri';
import type { SipMessage } from '../wire/sip-message';
import type { Stack } from './stack';
import type { Stop } from './timers';

export interface ProxyPlan {
  readonly targets: readonly SipUri[];
  /** All targets at once, or each when the one before has failed. */
  readonly isParallel: boolean;
  /** Record-Route; for REGISTER Path (RFC 3327). */
  readonly staysInPath: boolean;
  /** ms for a target to answer at all, and finally. */
  readonly provisionalTimeout: number | undefined;
  readonly finalTimeout: number | undefined;
  /** Headers to add. */
  readonly headers: SipMessage | undefined;
}

interface Branch {
  readonly transaction: ClientTransaction;
  isDone: boolean;
  stopTimeouts: Stop;
}

const reasons = { 408: 'Request Timeout', 410: 'Gone', 503: 'Service Unavailable' } as const;
const ignore = { response: () => undefined, failed: () => undefined };

/** One request on its way through, with its branches (RFC 3261 §16.6 and §16.7). */
export class ProxiedRequest {
  readonly #stack: Stack;
  readonly #server: ServerTransaction;
  readonly #app: AppConnection;
  readonly #id: string;
  readonly #plan: ProxyPlan;
  readonly #waiting: SipUri[];
  readonly #branches: Branch[] = [];
  #best: SipMessage | undefined;
  #isOver = false;

  constructor(stack: Stack, server: ServerTransaction, app: AppConnection, id: string, plan: ProxyPlan) {
    this.#stack = stack;
    this.#server = server;
    this.#app = app;
    this.#id = id;
    this.#plan = plan;
    this.#waiting = [...plan.targets];
  }

  start(): void {
    this.#server.isProxied = true;
    this.#server.isTouched = true;
    this.#server.onCancel = () => this.#cancelled();
    do this.#next();
    while (this.#plan.isParallel && this.#waiting.length > 0);
  }

  #next(): void {
    const target = this.#waiting.shift();
    if (!target) {
      this.#conclude();
      return;
    }
    this.#stack.names.resolve(target.host, (address) => {
      const { transport } = this.#stack;
      const destination = address === undefined ? undefined : destinationOf(target, address, transport);
      const flow = destination && transport.flowTo(destination);
      if (!flow || this.#isOver) this.#failed(undefined, 503);
      else this.#branch(target, flow);
    });
  }

  #branch(target: SipUri, flow: Flow): void {
    const transaction = this.#stack.clients.open(
      this.#copy(target, flow),
      flow,
      {
        response: (response, from, bytes) => this.#response(branch, response, from, bytes),
        failed: (status) => this.#failed(branch, status),
      },
      { firstRepeat: this.#stack.timers.times.t1 },
    );
    if (!transaction) {
      this.#failed(undefined, 503);
      return;
    }
    const branch: Branch = { transaction, isDone: false, stopTimeouts: () => undefined };
    this.#branches.push(branch);
    transaction.onRingingTooLong = () => this.#cancel(branch);
    const stops = [this.#plan.provisionalTimeout, this.#plan.finalTimeout].map((timeout, i) =>
      timeout === undefined
        ? () => undefined
        : this.#stack.timers.after(timeout, () => {
            if (branch.isDone || (i === 0 && transaction.state !== 'calling')) return;
            this.#cancel(branch);
            this.#failed(branch, 408);
          }),
    );
    branch.stopTimeouts = () => stops.forEach((stop) => stop());
    transaction.start();
  }

  #copy(target: SipUri, flow: Flow): SipMessage {
    const copy = this.#server.request.clone();
    const { transport } = this.#stack;
    const uri = parseSipUri(copy.requestUri);
    if (uri && transport.isOwn(uri.host, uri.port ?? 5060)) copy.requestUri = target.text;
    const top = copy.values('route')[0];
    const route = top === undefined ? undefined : parseSipUri(uriOf(top));
    if (route && transport.isOwn(route.host, route.port ?? 5060)) copy.removeFirst('route');
    copy.prepend('Via', viaFor(flow.local, `z9hG4bK${randomUUID()}`));
    copy.set('Max-Forwards', String(Number(copy.get('max-forwards') ?? '71') - 1));
    if (this.#plan.staysInPath && copy.method === 'REGISTER') {
      copy.add('Require', 'path');
      copy.prepend('Path', ownRoute(flow));
    } else if (this.#plan.staysInPath) copy.prepend('Record-Route', ownRoute(flow));
    const given = this.#plan.headers ? appHeaders(this.#plan.headers, flow.local, []) : [];
    copy.headers.push(...given.filter(({ key }) => key !== 'path'));
    // On top of those of the hops before (RFC 3327 §5.2).
    for (const { name, value } of given.filter(({ key }) => key === 'path').reverse()) copy.prepend(name, value);
    return copy;
  }

  #response(branch: Branch, response: SipMessage, flow: Flow, bytes: number): void {
    const { status } = response;
    const back = response.clone();
    back.removeFirst('via');
    if (status < 200) {
      if (!this.#isOver) this.#server.send(back);
      return;
    }
    const isRepeat = branch.isDone;
    branch.isDone = true;
    branch.stopTimeouts();
    const isSuccess = status < 300;
    if (isSuccess && (this.#server.state === 'proceeding' || this.#server.method === 'INVITE')) {
      this.#server.send(back); // Each 2xx to an INVITE goes through, also those that are repeated.
    }
    if (isRepeat || (this.#isOver && !this.#isCancelled)) return;
    this.#app.proxied(this.#id, response.raw ?? response.toString(), bytes, flow);
    this.#judge(branch, back);
  }

  #failed(branch: Branch | undefined, status: keyof typeof reasons): void {
    if (branch?.isDone === true) return;
    if (branch) {
      branch.isDone = true;
      branch.stopTimeouts();
    }
    if (this.#isOver && !this.#isCancelled) return;
    this.#judge(branch, this.#server.response(status, reasons[status]));
  }

  #judge(branch: Branch | undefined, response: SipMessage): void {
    const { status } = response;
    if (status < 300 || status >= 600) {
      this.#waiting.length = 0;
      for (const other of this.#branches) if (other !== branch && !other.isDone) this.#cancel(other);
      this.#best = response;
      this.#conclude();
      return;
    }
    if (!this.#best || status < this.#best.status) this.#best = response;
    if (this.#waiting.length > 0 && !this.#isOver && !this.#plan.isParallel) this.#next();
    else if (this.#waiting.length === 0 && this.#branches.every(({ isDone }) => isDone)) this.#conclude();
  }

  #isCancelled = false;
  #isConcluded = false;

  #conclude(): void {
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    this.#isOver = true;
    const isRefused = this.#best !== undefined && this.#best.status >= 300;
    if (this.#best && isRefused && this.#server.state === 'proceeding') this.#server.send(this.#best);
    this.#app.ok(this.#id, ['done']);
  }

  /** The caller gave up: he has his 487 already. */
  #cancelled(): void {
    this.#isCancelled = true;
    this.#isOver = true;
    this.#waiting.length = 0;
    for (const branch of this.#branches) if (!branch.isDone) this.#cancel(branch);
    if (this.#branches.every(({ isDone }) => isDone)) this.#conclude();
  }

  #cancel({ transaction }: Branch): void {
    if (transaction.method !== 'INVITE') return;
    transaction.cancel(() =>
      this.#stack.clients.open(makeCancel(transaction.request), transaction.flow, ignore)?.start(),
    );
  }
}
