import { randomUUID } from 'node:crypto';
import { Client } from 'rtpengine-client';
import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import { controlUrl, type ControlAddress } from './control-address';
import type { NgCommand, NgCommands, NgReply } from './ng-command';
import type { NgTransport } from './ng-transport';
import { refusal } from './refusal';
import { TcpTransport } from './tcp-transport';
import { UdpTransport } from './udp-transport';

export interface NgClientOptions {
  at: ControlAddress;
  /** How long a command may take in all, repeats included; ms. */
  timeoutMs?: number;
}

/** When a command that is not answered is sent again where messages may get lost, in ms from the first time. */
const repeatsMs = [150, 400, 800];

/** How often a command is sent at most on connections that end before it is answered. */
const maxConnections = 3;

/** Commands that may wait for a reply at the same time. */
const maxPending = 2048;

/** A timer that fires so much late, in ms, tells that this process was busy, and not that rtpengine was silent. */
const lateMs = 20;

/** The longest that a busy process may put off a time-out, in multiples of it. */
const maxDelays = 4;

/** A cookie is a UUID: the package reads no other. */
const cookieLength = 36;

interface Pending {
  message: Buffer;
  sentAt: number;
  connections: number;
  /** Delays of this process, by which its time-out is put off; ms. */
  delayMs: number;
  timer?: NodeJS.Timeout;
  /** With the whole message. */
  resolve: (reply: Buffer) => void;
  reject: (error: EdgeError) => void;
}

/**
 * Commands to one rtpengine, in the messages of the package rtpengine-client, over TCP or UDP. A command that may have
 * got lost is sent again with the same cookie (rtpengine answers one that it has executed from its cache), and each one
 * ends, in a reply or an EdgeError: `anchor-unavailable` (no reply), or that of a refusal (refusal.ts). A time-out counts
 * only the time in which a reply could have been read: not while this process was busy.
 */
export class NgClient {
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #transport: NgTransport;
  readonly #pending = new Map<string, Pending>();
  #closed = false;

  constructor({ at, timeoutMs = 1000 }: NgClientOptions) {
    this.#url = controlUrl(at);
    this.#timeoutMs = timeoutMs;
    const Transport = at.transport === 'tcp' ? TcpTransport : UdpTransport;
    this.#transport = new Transport(at, {
      received: (message) => this.#receive(message),
      lost: (reason, isReachable) => this.#lost(reason, isReachable),
    });
  }

  /** Commands that wait for a reply. */
  get pending(): number {
    return this.#pending.size;
  }

  async request<C extends NgCommand>(command: C, options: NgCommands[C]): Promise<NgReply> {
    const message = await this.#ask((cookie) => Client.encodeMessage(cookie, { ...options, command }));
    const reply = decoded(message);
    if (!isReply(reply)) throw this.#unavailable('it sent a reply that cannot be read');
    if (reply.result === 'error') throw refusal(command, text(reply['error-reason']));
    return reply;
  }

  /**
   * A command of somebody else, as it is: bencoded, one dictionary and nothing else.
   * @returns the reply, bencoded, be it an error
   */
  async pass(command: Buffer): Promise<Buffer> {
    const message = await this.#ask((cookie) => Buffer.concat([Buffer.from(`${cookie} `), command]));
    return message.subarray(cookieLength + 1);
  }

  /** Ends what waits, and closes the transport; may be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cookie of [...this.#pending.keys()]) this.#fail(cookie, 'its client was closed');
    this.#transport.close();
  }

  async #ask(messageWith: (cookie: string) => Buffer): Promise<Buffer> {
    if (this.#closed) throw this.#unavailable('its client is closed');
    if (this.pending >= maxPending) throw this.#unavailable(`${maxPending} commands wait for it already`);
    const cookie = randomUUID();
    const message = messageWith(cookie);
    return new Promise((resolve, reject) => {
      const pending = { message, sentAt: monotonicNow(), connections: 0, delayMs: 0, resolve, reject };
      this.#pending.set(cookie, pending);
      this.#send(cookie, pending);
      if (this.#pending.has(cookie)) this.#wait(cookie, pending, this.#steps());
    });
  }

  #send(cookie: string, pending: Pending): void {
    pending.connections += 1;
    try {
      this.#transport.send(pending.message);
    } catch (error) {
      this.#fail(cookie, text(error));
    }
  }

  /** When something is to be done about a command without an answer, in ms after it was sent; the last is its time-out. */
  #steps(): number[] {
    const repeats = this.#transport.isLossy ? repeatsMs.filter((ms) => ms < this.#timeoutMs) : [];
    return [...repeats, this.#timeoutMs];
  }

  #wait(cookie: string, pending: Pending, [next = 0, ...later]: number[]): void {
    const dueAt = pending.sentAt + next + pending.delayMs;
    pending.timer = setTimeout(
      () => {
        const delayMs = monotonicNow() - dueAt;
        // Replies that have come already are read before anything is concluded.
        setImmediate(() => {
          if (this.#pending.get(cookie) !== pending) return;
          const wasBusy = delayMs > lateMs && pending.delayMs < maxDelays * this.#timeoutMs;
          if (wasBusy) pending.delayMs += Math.min(delayMs, this.#timeoutMs);
          if (wasBusy) this.#wait(cookie, pending, [next, ...later]);
          else if (later.length === 0) this.#timeOut(cookie, pending);
          else {
            this.#transport.send(pending.message);
            this.#wait(cookie, pending, later);
          }
        });
      },
      Math.max(0, dueAt - monotonicNow()),
    ).unref();
  }

  #timeOut(cookie: string, { sentAt, reject }: Pending): void {
    // Before the transport begins anew: what still waits is then sent again.
    this.#forget(cookie);
    const why = this.#transport.unanswered(sentAt);
    reject(this.#unavailable(`it did not answer within ${this.#timeoutMs} ms${why === undefined ? '' : ` (${why})`}`));
  }

  #receive(message: Buffer): void {
    const cookie = message.toString('latin1', 0, cookieLength);
    const pending = this.#pending.get(cookie);
    // Late and double replies, and strangers'.
    if (pending === undefined) return;
    this.#forget(cookie);
    pending.resolve(message);
  }

  #lost(reason: string, isReachable: boolean): void {
    for (const [cookie, pending] of [...this.#pending]) {
      if (isReachable && pending.connections < maxConnections) this.#send(cookie, pending);
      else this.#fail(cookie, reason);
    }
  }

  #fail(cookie: string, reason: string): void {
    const pending = this.#pending.get(cookie);
    this.#forget(cookie);
    pending?.reject(this.#unavailable(reason));
  }

  #forget(cookie: string): void {
    clearTimeout(this.#pending.get(cookie)?.timer);
    this.#pending.delete(cookie);
  }

  #unavailable(reason: string): EdgeError {
    return new EdgeError('anchor-unavailable', `rtpengine at ${this.#url} is not available: ${reason}.`);
  }
}

/** Undefined if it cannot be read. */
function decoded(message: Buffer): unknown {
  try {
    return Client.decodeMessage(message).data;
  } catch {
    return undefined;
  }
}

function isReply(reply: unknown): reply is NgReply {
  return typeof reply === 'object' && reply !== null && typeof (reply as { result?: unknown }).result === 'string';
}

function text(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : 'no reason given';
}
