import { randomUUID } from 'node:crypto';
import type { AppConnection, AppFrame } from './app-connection';
import { contactUri, viaFor } from './contact';
import { destinationOf } from './in-dialog-request';
import type { Flow } from './flow';
import { limits } from './limits';
import { ProxiedRequest } from './proxied-request';
import type { Received } from './received-message';
import type { SipMessage } from '../wire/sip-message';
import { parseSipUri, tagOf, uriOf, type SipUri } from '../wire/sip-uri';
import type { Stack } from './stack';

/** How long a call that passes through is remembered after its last request, ms. */
const passingLife = 4 * 3600_000;

/** Requests that apps hand back to be forwarded, and the calls that then pass through (RFC 3261 §16). */
export class Proxying {
  readonly #stack: Stack;
  /** Call-IDs whose requests pass through us, with the time until which they may. */
  readonly #passing = new Map<string, number>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** A `proxy` frame. */
  forward({ id, tokens }: AppFrame, app: AppConnection, given: SipMessage | undefined): void {
    const [txn = '', remain, , , mode, provisional = '', final = '', ...targets] = tokens;
    const transaction = this.#stack.servers.byTxn(txn);
    if (transaction?.owner !== app || transaction.isTouched || transaction.state !== 'proceeding') {
      app.nok(id, 'Response not sent due to unknown transaction');
      return;
    }
    const uris = targets.slice(0, limits.forks).map((target) => parseSipUri(target));
    if (uris.length === 0 || !uris.every((uri): uri is SipUri => uri?.scheme === 'sip')) {
      app.nok(id, 'invalid request-uri');
      return;
    }
    if (transaction.request.get('max-forwards') === '0') {
      transaction.reject(483, 'Too Many Hops');
      app.nok(id, 'Rejected with 483 Too Many Hops due to Max-Forwards value of 0');
      return;
    }
    const staysInPath = remain === 'remainInDialog';
    if (staysInPath) this.#remember(transaction.request.callId);
    new ProxiedRequest(this.#stack, transaction, app, id, {
      targets: uris,
      isParallel: mode === 'simultaneous',
      staysInPath,
      provisionalTimeout: milliseconds(provisional),
      finalTimeout: milliseconds(final),
      headers: given,
    }).start();
  }

  /**
   * Later requests of a call that we stay in the path of: those with our Route on top. Nobody else's requests are
   * forwarded, or strangers could send through us what they like.
   */
  passThrough(received: Received, flow: Flow): boolean {
    const { message } = received;
    const until = this.#passing.get(message.callId);
    const top = message.values('route')[0];
    const own = top === undefined ? undefined : parseSipUri(uriOf(top));
    const isOurs = own !== undefined && this.#stack.transport.isOwn(own.host, own.port ?? 5060);
    if (until === undefined || until < Date.now() || !isOurs || tagOf(message.get('to')) === undefined) return false;
    this.#remember(message.callId);
    const hops = Number(message.get('max-forwards') ?? '70');
    const copy = message.clone();
    copy.removeFirst('route');
    copy.set('Max-Forwards', String(hops - 1));
    const next = copy.values('route')[0];
    const uri = parseSipUri(next === undefined ? copy.requestUri : uriOf(next));
    const address = uri && this.#stack.names.known(uri.host);
    const destination = uri && address !== undefined ? destinationOf(uri, address, this.#stack.transport) : undefined;
    const onward = destination && this.#stack.transport.flowTo(destination);
    if (onward && hops > 0) this.#send(copy, received, flow, onward);
    return true;
  }

  #send(copy: SipMessage, received: Received, flow: Flow, onward: Flow): void {
    copy.prepend('Via', viaFor(onward.local, `z9hG4bK${randomUUID()}`));
    if (copy.method === 'ACK') {
      onward.send(copy.toString());
      return;
    }
    const server = this.#stack.servers.open(received.message, flow, received.bytes);
    if (!server) return;
    server.isProxied = true;
    const client = this.#stack.clients.open(copy, onward, {
      response: (response) => {
        const back = response.clone();
        back.removeFirst('via');
        server.send(back);
      },
      failed: (status) => server.reject(status, status === 408 ? 'Request Timeout' : 'Service Unavailable'),
    });
    client?.start();
  }

  #remember(callId: string): void {
    this.#passing.delete(callId);
    const [oldest] = this.#passing.keys();
    if (this.#passing.size >= limits.proxiedCalls && oldest !== undefined) this.#passing.delete(oldest);
    this.#passing.set(callId, Date.now() + passingLife);
  }
}

/** `1s`, `1500ms`; `undefined` for none. */
function milliseconds(text: string): number | undefined {
  const match = /^(\d{1,7})(ms|s)$/.exec(text);
  return match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : undefined;
}

/** Record-Route and Path of ours. */
export function ownRoute(flow: Flow): string {
  return `<${contactUri(flow.local)};lr>`;
}
