import { createConnection, type Socket } from 'node:net';
import { StreamFramer } from '../wire/stream-framer';
import type { Limits } from './limits';
import type { Link } from './link';

export interface TcpLinkOptions {
  readonly remote: { readonly address: string; readonly port: number };
  readonly sentBy: string;
  readonly limits: Limits;
  /** Of a connection that a peer opened; otherwise one is opened, from `localAddress`. */
  readonly accepted?: Socket;
  readonly localAddress?: string;
  /** Returns whether the message was of use. */
  readonly message: (text: string, link: TcpLink) => boolean;
  /** Whether somebody waits for something to come over the link. */
  readonly isWanted: (link: TcpLink) => boolean;
  readonly closed: (link: TcpLink) => void;
}

/** A connection with the SIP server or with a next hop. */
export class TcpLink implements Link {
  readonly transport = 'tcp';
  readonly address: string;
  readonly port: number;
  readonly sentBy: string;
  readonly isAccepted: boolean;
  readonly #options: TcpLinkOptions;
  readonly #socket: Socket;
  readonly #framer = new StreamFramer();
  #isProven: boolean;
  #isClosed = false;
  #deadline: NodeJS.Timeout | undefined;
  #messageDeadline: NodeJS.Timeout | undefined;

  constructor(options: TcpLinkOptions) {
    const { remote, accepted, localAddress, limits } = options;
    this.#options = options;
    this.address = remote.address;
    this.port = remote.port;
    this.sentBy = options.sentBy;
    this.isAccepted = accepted !== undefined;
    this.#isProven = !this.isAccepted;
    this.#socket =
      accepted ?? createConnection({ host: remote.address, port: remote.port, ...(localAddress && { localAddress }) });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 60_000);
    this.#deadline = setTimeout(() => this.close(), accepted ? limits.proof : limits.connect);
    if (!accepted) {
      this.#socket.on('connect', () => clearTimeout(this.#deadline));
      this.#socket.setTimeout(limits.idle, () => {
        if (!options.isWanted(this)) this.close();
      });
    }
    this.#socket.on('data', (chunk) => this.#read(chunk));
    for (const event of ['end', 'error', 'close']) this.#socket.on(event, () => this.close());
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  prove(): void {
    if (this.#isProven) return;
    this.#isProven = true;
    clearTimeout(this.#deadline);
  }

  send(text: string): void {
    if (this.#isClosed) return;
    this.#socket.write(text, 'latin1');
    // A peer that does not read must not fill our memory.
    if (this.#socket.writableLength > this.#options.limits.unsent) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#messageDeadline);
    this.#socket.destroy();
    this.#options.closed(this);
  }

  #read(chunk: Buffer): void {
    clearTimeout(this.#messageDeadline);
    for (const unit of this.#framer.push(chunk)) {
      if (this.#isClosed) return;
      if (unit.kind === 'ping' && this.#isProven) this.send('\r\n');
      // A stranger gets one try.
      if (unit.kind === 'message' && !this.#options.message(unit.text, this) && !this.#isProven) this.close();
    }
    if (this.#framer.isBroken) this.close();
    else if (this.#framer.isInside && !this.#isClosed) {
      this.#messageDeadline = setTimeout(() => this.close(), this.#options.limits.message);
    }
  }
}
