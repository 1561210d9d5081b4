import { cancelOf } from '../wire/cancel';
import { ClientTransaction, clientKey, type ClientEvents } from './client-transaction';
import type { PeerFlow } from './peer-flow';
import { Holdings } from '../shares/holdings';
import { limits } from './limits';
import { ServerTransaction, serverKey } from './server-transaction';
import type { SipMessage } from '../wire/sip-message';
import type { Timers } from './timers';

/** The requests received that are not over yet. */
export class ServerTransactions {
  readonly #byKey = new Map<string, ServerTransaction>();
  readonly #byTxn = new Map<string, ServerTransaction>();
  readonly #initial = new Map<string, ServerTransaction>();
  /** By the connection; those over UDP count only in all. */
  readonly #perConnection = new Holdings<PeerFlow>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** `undefined` if there are too many, in all or of this connection. */
  open(request: SipMessage, flow: PeerFlow, bytes: number): ServerTransaction | undefined {
    if (this.#byKey.size >= limits.transactions) return undefined;
    const most = flow.local.transport === 'tcp' ? limits.transactionsOfConnection : Infinity;
    if (!this.#perConnection.take(flow, most)) return undefined;
    const key = serverKey(request);
    const merged = mergeKey(request);
    const transaction = new ServerTransaction(request, flow, bytes, this.#timers, () => {
      this.#byKey.delete(key);
      this.#byTxn.delete(transaction.txn);
      this.#perConnection.giveBack(flow);
      if (this.#initial.get(merged) === transaction) this.#initial.delete(merged);
    });
    this.#byKey.set(key, transaction);
    this.#byTxn.set(transaction.txn, transaction);
    if (transaction.requestTag === '' && !this.#initial.has(merged)) this.#initial.set(merged, transaction);
    return transaction;
  }

  /** The transaction of a repeated request, or of the INVITE that an ACK or CANCEL belongs to. */
  of(request: SipMessage, method?: string): ServerTransaction | undefined {
    return this.#byKey.get(serverKey(request, method));
  }

  byTxn(txn: string): ServerTransaction | undefined {
    return this.#byTxn.get(txn);
  }

  /** Whether the same request is being served under another branch (RFC 3261 §8.2.2.2). */
  isMerged(request: SipMessage): boolean {
    return request.toTag === undefined && this.#initial.has(mergeKey(request));
  }
}

function mergeKey(request: SipMessage): string {
  return `${request.callId} ${request.fromTag ?? ''} ${request.get('cseq') ?? ''}`;
}

/** The requests sent that are not over yet. */
export class ClientTransactions {
  readonly #byKey = new Map<string, ClientTransaction>();
  readonly #byTxn = new Map<string, ClientTransaction>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Not started yet. `undefined` if there are too many. `isRegistered`: over the remembered connection of a registration. */
  open(request: SipMessage, flow: PeerFlow, events: ClientEvents, isRegistered = false): ClientTransaction | undefined {
    if (this.#byKey.size >= limits.transactions) return undefined;
    const transaction = new ClientTransaction(request, flow, this.#timers, isRegistered, {
      ...events,
      rangTooLong: (invite) => this.cancel(invite),
      ended: (over) => {
        this.#byKey.delete(over.key);
        this.#byTxn.delete(over.txn);
      },
    });
    this.#byKey.set(transaction.key, transaction);
    this.#byTxn.set(transaction.txn, transaction);
    return transaction;
  }

  /** Sends a request of whose answer nobody hears. */
  send(request: SipMessage, flow: PeerFlow): ClientTransaction | undefined {
    const transaction = this.open(request, flow, { response: () => undefined, failed: () => undefined });
    transaction?.start();
    return transaction;
  }

  /** Cancels an INVITE, as {@link ClientTransaction.cancel} says. */
  cancel(invite: ClientTransaction, cancel = cancelOf(invite.request)): 'sent' | 'held' | undefined {
    return invite.cancel(() => this.send(cancel, invite.flow));
  }

  /** What was sent over a flow has reached nobody. */
  undelivered(flow: PeerFlow): void {
    for (const transaction of this.#byKey.values()) if (transaction.flow === flow) transaction.undelivered();
  }

  of(response: SipMessage): ClientTransaction | undefined {
    return this.#byKey.get(clientKey(response));
  }

  byTxn(txn: string): ClientTransaction | undefined {
    return this.#byTxn.get(txn);
  }
}
