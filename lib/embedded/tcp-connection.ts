import { createConnection, type Socket } from 'node:net';
import type { ListeningPoint } from './contact';
import type { Flow } from './flow';
import { limits } from './limits';
import { StreamFramer } from './stream-framer';

export interface TcpConnectionEvents {
  message(text: string, connection: TcpConnection): void;
  closed(connection: TcpConnection): void;
}

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
  #served = false;

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
    // Bound to the contact's address, so that the peer sees the address that Via and Contact name.
    this.#socket = accepted ?? createConnection({ host: remote.address, port: remote.port, localAddress: local.host });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 60_000);
    this.#socket.setTimeout(accepted ? limits.tcpFirstMessage : limits.tcpConnect);
    this.#socket.on('connect', () => {
      this.#connecting = false;
      this.#undelivered.clear();
      this.#socket.setTimeout(0);
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('timeout', () => this.close());
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
        this.#events.message(unit.text, this);
      }
    }
    if (this.#framer.isBroken) {
      this.#socket.end(() => this.close());
      this.#socket.setTimeout(limits.tcpConnect);
    } else if (this.#framer.isInside) this.#socket.setTimeout(limits.tcpMessage);
    else if (this.#served) this.#socket.setTimeout(0);
  }
}
