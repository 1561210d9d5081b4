import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { EdgeError } from '../errors';
import type { TransportAddress } from '../ice/transport-address';
import { familyOf, normalAddress, ofFamily, type AddressFamily } from '../ip-address';
import type { MsrpLimits } from './limits';
import type { PortPool } from './port-pool';

/** Takes what becomes of a {@link TcpSide}. */
export interface TcpSideListener {
  /** The one connection, with nothing read from it; it has an error listener. */
  connected(socket: Socket): void;
  /** We dialled, and it was refused or not answered. */
  refused(): void;
  /** A connection was turned away: it came from elsewhere, or one too many waits. */
  stranger(): void;
}

/** Bytes that may wait on either way of a connection before the other is no longer read from. */
const highWaterMark = 128 * 1024;

/** Ports of the range that may turn out to be in use by others before we give up. */
const maxPortsTried = 16;

/**
 * One side of a bridge that speaks plain TCP: it listens, connects, or listens until it is known that it has
 * to connect (an offer of `actpass` answered `passive`). Its port is the pool's again once it does not listen.
 */
export class TcpSide {
  readonly #ports: PortPool;
  readonly #addresses: readonly string[];
  readonly #limits: MsrpLimits;
  readonly #listener: TcpSideListener;
  #server: Server | undefined;
  #port: number | undefined;
  /** The address that is let in; null: any. Undefined until it is known. */
  #expected: string | null | undefined;
  readonly #waiting = new Set<Socket>();
  #dialled: Socket | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param addresses ours, to bind to: one a family */
  constructor(ports: PortPool, addresses: readonly string[], limits: MsrpLimits, listener: TcpSideListener) {
    this.#ports = ports;
    this.#addresses = addresses;
    this.#limits = limits;
    this.#listener = listener;
  }

  /**
   * Opens a port for the other end to connect to, on the address of this family or else the first. Rejects with an
   * EdgeError `msrp-no-port` if none of the range is free, or `msrp-listen-failed`.
   */
  async listen(family?: AddressFamily): Promise<TransportAddress> {
    const address = ofFamily(this.#addresses, family) ?? '';
    for (let tried = 0; tried < maxPortsTried; tried++) {
      const port = this.#ports.take();
      if (port === undefined) break;
      const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true, highWaterMark });
      try {
        server.listen({ host: address, port });
        await once(server, 'listening');
      } catch (cause) {
        this.#ports.giveBack(port);
        if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        throw new EdgeError('msrp-listen-failed', `MSRP cannot listen on ${address} port ${port}.`, { cause });
      }
      this.#server = server;
      this.#port = port;
      server.on('connection', (socket) => this.#arrived(socket));
      server.on('error', () => undefined);
      if (this.#isOver) this.#stopListening();
      return { address, port };
    }
    const problem = `No port of the MSRP range is free (${this.#ports.taken} of ${this.#ports.size} in use)`;
    throw new EdgeError('msrp-no-port', `${problem}.`);
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  /** Lets in the first connection from this address, or from anywhere if it is undefined (an FQDN, a NAT). */
  expect(address: string | undefined): void {
    if (this.#isOver) return;
    this.#expected = address === undefined ? null : normalAddress(address);
    for (const socket of [...this.#waiting]) {
      this.#waiting.delete(socket);
      this.#admit(socket);
    }
  }

  /** False for a place of a family that we have no address of. */
  connect(remote: TransportAddress): boolean {
    if (this.#isOver || this.#dialled !== undefined) return true;
    const localAddress = this.#addresses.find((own) => familyOf(own) === familyOf(remote.address));
    if (localAddress === undefined) return false;
    this.#stopListening();
    const socket = connect({
      host: remote.address,
      port: remote.port,
      localAddress,
      noDelay: true,
      keepAlive: true,
      highWaterMark,
    } as NetConnectOpts);
    this.#dialled = socket;
    const refused = () => {
      if (this.#isOver) return;
      this.close();
      this.#listener.refused();
    };
    this.#deadline = setTimeout(refused, this.#limits.connectMs);
    socket.on('error', refused);
    socket.once('connect', () => {
      socket.pause();
      this.#settled(socket);
    });
    return true;
  }

  /** Closes what has not become the connection; may be called twice. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#stopListening();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
    this.#dialled?.destroy();
    this.#dialled = undefined;
  }

  #arrived(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#isOver || this.#waiting.size >= this.#limits.waiting) {
      this.#turnAway(socket);
    } else if (this.#expected === undefined) {
      this.#waiting.add(socket);
      socket.once('close', () => this.#waiting.delete(socket));
    } else {
      this.#admit(socket);
    }
  }

  #admit(socket: Socket): void {
    const isExpected = this.#expected === null || this.#expected === normalAddress(socket.remoteAddress ?? '');
    if (!this.#isOver && isExpected && !socket.destroyed) this.#settled(socket);
    else this.#turnAway(socket);
  }

  #turnAway(socket: Socket): void {
    socket.destroy();
    this.#listener.stranger();
  }

  #settled(socket: Socket): void {
    this.#dialled = undefined;
    this.close();
    this.#listener.connected(socket);
  }

  #stopListening(): void {
    const server = this.#server;
    const port = this.#port;
    if (server === undefined || port === undefined) return;
    this.#server = undefined;
    this.#port = undefined;
    server.close();
    // The listening socket itself is closed at once; connections do not keep it.
    this.#ports.giveBack(port);
  }
}
