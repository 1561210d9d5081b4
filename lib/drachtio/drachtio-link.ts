import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import { Tally } from '../ops/tally';
import type { CarriedBodies } from './fence/carried-bodies';
import { fromServer, toServer } from './carrying';
import type { SentRequest } from './messages';
import { UntypedSrf, type Agent } from './untyped-srf';

export interface LinkOptions {
  host: string;
  port: number;
  secret: string;
  /** Longest wait before another attempt to connect, in ms. */
  retryMaxDelay?: number;
  /** Those that listener and relay carry past the server; unset: they are not there. */
  bodies?: CarriedBodies | undefined;
}

/** `2xx` and the like. */
export type ResponseClass = `${1 | 2 | 3 | 4 | 5 | 6}xx`;

type ResponseCounts = Readonly<Partial<Record<ResponseClass, number>>>;

export interface LinkEvents {
  /** The server took us; `contacts` are its SIP addresses, such as `tcp/192.0.2.1:5060`. */
  connect: [contacts: string[], version: string];
  /** The link is lost; it is being rebuilt. Dialogs made on it are dead: the server answers 481 for them. */
  disconnect: [];
  /** The server has not answered for so many seconds; it stands still, or has more to do than it can. */
  silent: [seconds: number];
  /** It does again. */
  answering: [];
  /**
   * `drachtio-refused`: wrong secret. `drachtio-unreachable`: no connection. Told once until the kind
   * changes or the link is up; attempts go on for ever. `handler-failed`: a handler or listener threw; a request that
   * it was to handle was answered 500.
   */
  error: [EdgeError];
}

/**
 * The link to a drachtio-server (or its stand-in), rebuilt whenever it is lost. Whatever is awaited over it
 * rejects then (`drachtio-lost`, 503); drachtio-srf itself would wait for ever.
 */
export class DrachtioLink extends EventEmitter<LinkEvents> {
  protected readonly srf = new UntypedSrf();
  readonly #options: LinkOptions;
  readonly #retryMaxDelay: number;
  /** Rejects each thing awaited over the link. */
  readonly #waiting = new Set<(error: EdgeError) => void>();
  #connected = false;
  #closed = false;
  #lastFault: string | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Ids of pings without an answer, the oldest first. */
  readonly #pings: string[] = [];
  /** Since when the server has not answered, by the monotonic clock, ms. */
  #silentSince: number | undefined;
  readonly #sent = new Tally<ResponseClass>();
  readonly #received = new Tally<ResponseClass>();

  constructor(options: LinkOptions) {
    super();
    // Whatever waits for a message of a call listens for the loss of the link, too: as many as there are calls.
    this.setMaxListeners(0);
    this.#options = options;
    this.#retryMaxDelay = options.retryMaxDelay ?? 5000;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether it has answered lately: a link may stand with a server that is frozen. */
  get isAnswering(): boolean {
    return this.#connected && this.#silentSince === undefined;
  }

  /** Responses that went to the server, and came from it. */
  get responses(): Readonly<Record<'sent' | 'received', ResponseCounts>> {
    return { sent: this.#sent.counts(), received: this.#received.counts() };
  }

  /** Bytes that the server has not read yet. */
  get unread(): number {
    let unread = 0;
    for (const { writableLength } of this.srf.app.client?.mapServer.keys() ?? []) unread += writableLength;
    return unread;
  }

  /** Starts to connect, and keeps at it until {@link close}. Register the handlers first. */
  connect(): void {
    const { host, port, secret } = this.#options;
    const pings = { enablePing: true, pingInterval: pingMs };
    this.srf.connect({ host, port, secret, reconnect: { retryMaxDelay: this.#retryMaxDelay }, ...pings });
    // drachtio-srf passes its own events on a tick late; the agent's come in order with the messages.
    this.srf.on('error', () => undefined);
    const agent = this.#agent;
    this.#guard(agent);
    this.#carry(agent);
    // drachtio-srf 5.0.29 keeps the pings that have no answer, but forgets to tell itself of them.
    agent.wp.on('ping', (ping) => {
      agent.on('ping', ping as never);
      this.#pings.push(ping.msgId);
    });
    agent.on('connect', (refused: Error | null, contacts: string, version: string) => {
      if (this.#closed) this.#hangUp();
      else if (refused) this.#refused(refused);
      else this.#up(contacts, version);
    });
    agent.on('error', (cause: unknown) => {
      if (this.#connected || this.#closed) return;
      this.#fault(new EdgeError('drachtio-unreachable', `drachtio at ${host}:${port} cannot be reached.`, { cause }));
    });
    agent.on('close', () => this.#down());
    this.#watch = setInterval(() => this.#look(), lookMs).unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    const { client } = this.srf.app;
    if (!client) return;
    client.wp.closing = true;
    if (client.wp.reconnectVars.retryTimer) clearTimeout(client.wp.reconnectVars.retryTimer);
    this.#hangUp();
    this.#down();
  }

  /** Forgets a request that waits for a response. */
  protected drop({ stackTxnId }: SentRequest): void {
    for (const { pendingSipRequests } of this.#agent.mapServer.values()) pendingSipRequests.delete(stackTxnId);
  }

  /** Settles as `awaited` does, or rejects when the link is lost. */
  protected async settling<T>(awaited: Promise<T>): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      awaited.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  get #agent(): Agent {
    if (!this.srf.app.client) throw new Error('connect() was not called');
    return this.srf.app.client;
  }

  /**
   * Whatever a message makes listeners and callbacks throw is told, and ends nothing else: drachtio-srf would let it end
   * the process, and would read the same message again if it went on.
   */
  #guard({ wp }: Agent): void {
    const { bodies } = this.#options;
    for (const read of wp.listeners('msg')) {
      wp.off('msg', read);
      wp.on('msg', (socket, frame) => {
        count(this.#received, frame);
        try {
          read(socket, bodies ? fromServer(frame, bodies) : frame);
        } catch (cause) {
          this.emit('error', new EdgeError('handler-failed', 'A message could not be handled.', { cause }));
        }
      });
    }
  }

  /** What the server is not to see goes past it. */
  #carry({ wp }: Agent): void {
    const { bodies } = this.#options;
    const send = wp.send.bind(wp);
    wp.send = (socket, frame) => {
      count(this.#sent, frame);
      return send(socket, toServer(frame, bodies));
    };
  }

  /** A server that was stopped, or hangs, keeps its connections: only by its silence is it known. */
  #look(): void {
    const pending = [...this.#agent.mapServer.values()].map((server) => server.pendingPingRequests);
    const isPending = (id: string) => pending.some((ids) => ids.has(id));
    // An answer counts for all that was asked before.
    this.#pings.splice(0, this.#pings.findLastIndex((id) => !isPending(id)) + 1);
    if (this.#pings.length < 2) {
      if (this.#silentSince !== undefined && this.#connected) this.emit('answering');
      this.#silentSince = undefined;
      return;
    }
    if (this.#silentSince === undefined) {
      this.#silentSince = monotonicNow() - pingMs;
      this.emit('silent', pingMs / 1000);
    }
    if (monotonicNow() - this.#silentSince > givenUpMs)
      for (const socket of this.#agent.mapServer.keys()) socket.destroy();
  }

  #hangUp(): void {
    for (const socket of this.#agent.mapServer.keys()) socket.end();
  }

  #up(contacts: string, version: string): void {
    this.#connected = true;
    this.#lastFault = undefined;
    this.emit('connect', contacts.split(','), version);
  }

  #refused(cause: Error): void {
    // A connection that is made resets drachtio-srf's delay, so a wrong secret would be tried four times a second.
    this.#agent.wp.reconnectVars.retryDelay = this.#retryMaxDelay;
    const { host, port } = this.#options;
    this.#fault(new EdgeError('drachtio-refused', `drachtio at ${host}:${port} refused our secret.`, { cause }));
  }

  #fault(error: EdgeError): void {
    if (this.#lastFault === error.code) return;
    this.#lastFault = error.code;
    this.emit('error', error);
  }

  #down(): void {
    const lost = linkLost();
    for (const reject of [...this.#waiting]) reject(lost);
    if (!this.#connected) return;
    this.#connected = false;
    this.emit('disconnect');
  }
}

/** How often the server is asked whether it is there, and how often it is looked whether it has answered; ms. */
const pingMs = 5000;
const lookMs = 1000;

/** A server that was silent for so long is lost, with all its calls: SIP's own transactions are over by then; ms. */
const givenUpMs = 40_000;

/** The line that tells what to do stands before the message. */
function count(tally: Tally<ResponseClass>, frame: string): void {
  const first = /^[^\r\n]*\r\nSIP\/2\.0 ([1-6])\d\d /.exec(frame)?.[1];
  if (first !== undefined) tally.add(`${first}xx` as ResponseClass);
}

/** What all that was awaited is rejected with. */
export function linkLost(): EdgeError {
  return new EdgeError('drachtio-lost', 'The link to drachtio is lost.');
}
