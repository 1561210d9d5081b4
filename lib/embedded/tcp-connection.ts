import { createConnection, type Socket } from 'node:net';
import type { ListeningPoint } from './contact';
import type { Flow } from './flow';
import { limits } from './limits';
import { StreamFramer } from '../wire/stream-framer';

export interface TcpConnectionEvents {
  message(text: string, connection: TcpConnection): void;
  closed(connection: TcpConnection): void;
}

/** What a connection is closed for if it does not come within its limit. */
type Awaited = 'tcpConnect' | 'tcpFirstMessage' | 'tcpMessage';

/** A SIP connection, accepted or opened by us; either side may send requests on it. */
export class TcpConnection implements Flow {
  readonly local: ListeningPoint;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #events: TcpConnectionEvents;
  readonly #framer = new StreamFramer();
  readonly #undelivered = new Set<() => void>();
  #connecting: boolean;
  #closed = false;
  /** Whether the peer is no stranger: it brought a message, or was connected to by us. */
  #served: boolean;
  #awaited: Awaited | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    local: ListeningPoint,
    remote: { address: string; port: number },
    events: TcpConnectionEvents,
    accepted?: Socket,
  ) {
    this.local = local;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.#events = events;
    this.#connecting = !accepted;
    this.#served = !accepted;
    // Bound to the contact's address, so that the peer sees the address that Via and Contact name.
    this.#socket = accepted ?? createConnection({ host: remote.address, port: remote.port, localAddress: local.host });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 60_000);
    this.#await(accepted ? 'tcpFirstMessage' : 'tcpConnect');
    this.#socket.on('connect', () => {
      this.#connecting = false;
      this.#undelivered.clear();
      this.#await(undefined);
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('end', () => this.close());
    this.#socket.on('error', () => this.close());
    this.#socket.on('close', () => this.close());
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  send(text: string): void {
    if (this.#closed) return;
    this.#socket.write(text, 'latin1');
    // A peer that does not read must not fill our memory.
    if (this.#socket.writableLength > limits.unsent) this.close();
  }

  onUndelivered(listener: () => void): void {
    if (this.#connecting) this.#undelivered.add(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#socket.destroy();
    this.#events.closed(this);
    const undelivered = this.#connecting ? [...this.#undelivered] : [];
    this.#undelivered.clear();
    for (const listener of undelivered) listener();
  }

  #read(chunk: Buffer): void {
    for (const unit of this.#framer.push(chunk)) {
      if (unit.kind === 'ping') this.send('\r\n');
      else if (unit.kind === 'message') {
        this.#served = true;
        this.#await(undefined);
        this.#events.message(unit.text, this);
      }
    }
    if (this.#framer.isBroken) {
      this.#socket.end(() => this.close());
      this.#await('tcpConnect');
    } else if (this.#served) this.#await(this.#framer.isInside ? 'tcpMessage' : undefined);
  }

  /** A wait that is on goes on, whatever arrives: a peer that sends byte by byte gains no time. */
  #await(what: Awaited | undefined): void {
    if (this.#awaited === what || this.#closed) return;
    clearTimeout(this.#deadline);
    this.#awaited = what;
    if (what !== undefined) this.#deadline = setTimeout(() => this.close(), limits[what]);
  }
}
