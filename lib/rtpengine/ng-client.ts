import { isIPv6 } from 'node:net';
import { Client } from 'rtpengine-client';
import { EdgeError } from '../errors';
import type { NgCommand, NgCommands, NgReply } from './ng-command';

export interface NgClientOptions {
  /** rtpengine's control address: an IPv4 address or a name that has one. */
  host: string;
  port: number;
  /** How long a command may take in all, repeats included; ms. */
  timeoutMs?: number;
}

/** When a command that is not answered is sent again, in ms from the first time. */
const repeatsMs = [150, 400, 800];

/** Commands that may wait for a reply at the same time. */
const maxPending = 2048;

/** A cookie is a UUID. */
const cookieLength = 36;

/**
 * The ng client of the package rtpengine-client, made fit for use: commands are sent again with the same
 * cookie until they are answered (rtpengine answers a repeated one from its cache), late and double replies
 * are left out before the package sees them, and each command ends, in a reply or an EdgeError:
 * `anchor-unavailable` (no reply) or `anchor-refused` (rtpengine's reason is in the message).
 */
export class NgClient {
  readonly #client: Client;
  readonly #node: { host: string; port: number };
  readonly #timeoutMs: number;
  readonly #repeats = new Map<string, NodeJS.Timeout[]>();
  #closed = false;
  #socketError: string | undefined;

  /** @throws EdgeError `setting-invalid` for an IPv6 address: the package opens an IPv4 socket only */
  constructor({ host, port, timeoutMs = 1000 }: NgClientOptions) {
    if (isIPv6(host))
      throw new EdgeError(
        'setting-invalid',
        `rtpengine's control address ${host} is IPv6, which its client cannot reach: give it an IPv4 listen-ng address.`,
      );
    this.#node = { host, port };
    this.#timeoutMs = timeoutMs;
    this.#client = new Client({ timeout: timeoutMs });
    // Its errors are those of commands that have ended, and the socket's, which commands see as silence.
    this.#client.on('error', (error: unknown) => (this.#socketError = text(error)));
    const { socket } = this.#client;
    socket.removeAllListeners('message');
    socket.on('message', (datagram) => this.#receive(datagram));
    const send = socket.send.bind(socket) as (...args: unknown[]) => void;
    socket.send = (datagram: Buffer, ...rest: unknown[]) => {
      this.#repeat(datagram, () => send(datagram, port, host, ignoreError));
      send(datagram, ...rest);
    };
  }

  /** Commands that wait for a reply. */
  get pending(): number {
    return this.#client.messages.size;
  }

  async request<C extends NgCommand>(command: C, options: NgCommands[C]): Promise<NgReply> {
    if (this.#closed) throw this.#unavailable('its client is closed');
    if (this.pending >= maxPending) throw this.#unavailable(`${maxPending} commands wait for it already`);
    let reply: unknown;
    try {
      reply = await this.#client[command](this.#node, options);
    } catch (error) {
      throw this.#unavailable(text(error), error);
    }
    if (!isReply(reply)) throw this.#unavailable('it sent a reply that cannot be read');
    if (reply.result === 'error')
      throw new EdgeError('anchor-refused', `rtpengine refused ${command}: ${text(reply['error-reason'])}.`, {
        sipStatus: 503,
      });
    return reply;
  }

  /** Ends what waits and closes the socket; may be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cookie of [...this.#client.messages.keys()]) this.#fail(cookie, 'its client was closed');
    this.#client.close();
  }

  #receive(datagram: Buffer): void {
    const cookie = datagram.toString('latin1', 0, cookieLength);
    if (!this.#client.messages.has(cookie)) return;
    this.#forgetRepeats(cookie);
    try {
      this.#client._onParsedMessage(Client.decodeMessage(datagram));
    } catch {
      this.#fail(cookie, 'it sent a reply that cannot be read');
    }
  }

  #repeat(datagram: Buffer, sendAgain: () => void): void {
    const cookie = datagram.toString('latin1', 0, cookieLength);
    const timers = repeatsMs
      .filter((ms) => ms < this.#timeoutMs)
      .map((ms) =>
        setTimeout(() => {
          if (this.#client.messages.has(cookie)) sendAgain();
          else this.#forgetRepeats(cookie);
        }, ms).unref(),
      );
    // The package's own time-out: it need not keep the process alive either.
    this.#client.timers.get(cookie)?.unref();
    const forget = setTimeout(() => this.#repeats.delete(cookie), this.#timeoutMs).unref();
    this.#repeats.set(cookie, [...timers, forget]);
  }

  #fail(cookie: string, reason: string): void {
    const callback = this.#client.messages.get(cookie);
    clearTimeout(this.#client.timers.get(cookie));
    this.#client.timers.delete(cookie);
    this.#client.messages.delete(cookie);
    this.#forgetRepeats(cookie);
    callback?.(new Error(reason));
  }

  #forgetRepeats(cookie: string): void {
    this.#repeats.get(cookie)?.forEach((timer) => clearTimeout(timer));
    this.#repeats.delete(cookie);
  }

  #unavailable(reason: string, cause?: unknown): EdgeError {
    const { host, port } = this.#node;
    const socket = this.#socketError === undefined ? '' : ` (socket: ${this.#socketError})`;
    return new EdgeError('anchor-unavailable', `rtpengine at ${host}:${port} is not available: ${reason}${socket}.`, {
      sipStatus: 503,
      retryAfter: 5,
      cause,
    });
  }
}

/** A repeat that cannot be sent is as good as lost; the command's time-out tells. */
function ignoreError(): void {
  // nothing to add
}

function isReply(reply: unknown): reply is NgReply {
  return typeof reply === 'object' && reply !== null && typeof (reply as { result?: unknown }).result === 'string';
}

function text(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : 'no reason given';
}
