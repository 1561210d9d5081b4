import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';
import { newPlaneCounters, type CloseReason, type PlaneCounters } from './counters';
import type {
  AvoidedPorts,
  ConnectionId,
  ConnectionStatus,
  ForwardingPlane,
  ForwardingPlaneListener,
  OpeningVerdict,
  RelayPeer,
  StreamContent,
} from './forwarding-plane';
import type { GatewayLimits } from './limits';
import type { NativeAddon, NativeCloseReason, NativeEvent, NativePlane } from './native-addon';

/**
 * What is handed on in one turn of the event loop: SIP and timers have to get theirs, however much there is. So many
 * checks, or so much of MSRP, take 1 to 2 ms.
 */
const turnEvents = 64;
const turnBytes = 65_536;

/** Any port: nothing is sent to it. */
const probedPort = 9;

/** Channels begin at 0x4000. */
const noChannel = 0;

/**
 * The forwarding plane in native code, on threads of its own. What they tell is handed on here, a little in each turn of
 * the event loop, in the order in which it happened on each connection.
 */
export class NativeForwardingPlane implements ForwardingPlane {
  readonly #native: NativePlane;
  readonly #listener: ForwardingPlaneListener;
  /** Those accepted and not closed, as control knows them: of any other nothing more is told. */
  readonly #open = new Map<ConnectionId, { finishing: CloseReason | undefined }>();
  readonly #counters = newPlaneCounters();
  /** Taken, and from `#next` on not yet handed on. */
  #events: NativeEvent[] = [];
  #next = 0;
  #turn: NodeJS.Immediate | undefined;

  /** @param threads among which connections are spread */
  constructor(addon: NativeAddon, threads: number, limits: GatewayLimits, listener: ForwardingPlaneListener) {
    this.#listener = listener;
    this.#native = new addon.Plane(limits, threads, () => {
      if (this.#turn === undefined) this.#deliver();
    });
  }

  listen(addresses: readonly TransportAddress[]): Promise<void> {
    // Where both families are asked for, "::" must not take IPv4's port too.
    const ipv6Only = addresses.some(({ address }) => !address.includes(':'));
    const failure = this.#native.listen(addresses, ipv6Only);
    if (failure === undefined) return Promise.resolve();
    const code = getSystemErrorName(-failure.errno);
    const { address, port } = addresses[failure.index] ?? {};
    return Promise.reject(Object.assign(new Error(`listen ${code}`), { code, address, port }));
  }

  address(): TransportAddress[] {
    return this.#native.address();
  }

  admit(connection: ConnectionId, content: StreamContent): void {
    this.#native.admit(connection, content);
  }

  listenForMedia(connection: ConnectionId): void {
    this.#native.listenForMedia(connection);
  }

  send(connection: ConnectionId, message: Buffer): void {
    this.#native.send(connection, message);
  }

  openAnchor(connection: ConnectionId, anchor: TransportAddress): void {
    this.#native.openAnchor(connection, normal(anchor));
  }

  sendToAnchor(connection: ConnectionId, message: Buffer): void {
    this.#native.sendToAnchor(connection, message);
  }

  select(connection: ConnectionId, maxAge: number): void {
    this.#native.select(connection, maxAge);
  }

  giveWay(connection: ConnectionId, selected: ConnectionId, maxAge: number): void {
    this.#native.giveWay(connection, selected, maxAge);
  }

  write(connection: ConnectionId, frames: Buffer): void {
    this.#native.write(connection, frames);
  }

  pause(connection: ConnectionId): void {
    this.#native.pause(connection);
  }

  resume(connection: ConnectionId): void {
    this.#native.resume(connection);
  }

  finish(connection: ConnectionId, reason: CloseReason): void {
    const open = this.#open.get(connection);
    if (open === undefined || open.finishing !== undefined) return;
    open.finishing = reason;
    this.#native.finish(connection);
  }

  openRelay(connection: ConnectionId, toward: string, avoid: AvoidedPorts): void {
    this.#native.openRelay(connection, normal({ address: toward, port: probedPort }), avoid);
  }

  closeRelay(connection: ConnectionId): void {
    this.#native.closeRelay(connection);
  }

  permit(connection: ConnectionId, { named, at, channel = noChannel }: RelayPeer): void {
    this.#native.permit(connection, normal(named), normal(at), channel);
  }

  forbid(connection: ConnectionId, named: TransportAddress): void {
    this.#native.forbid(connection, normal(named));
  }

  relay(connection: ConnectionId, named: TransportAddress, data: Buffer): void {
    this.#native.relay(connection, normal(named), data);
  }

  status(connection: ConnectionId): ConnectionStatus | undefined {
    return this.#open.has(connection) ? this.#native.status(connection) : undefined;
  }

  closeConnection(connection: ConnectionId, reason: CloseReason): void {
    const status = this.#open.has(connection) ? this.#native.status(connection) : undefined;
    // Already gone: that is on its way here.
    if (status === undefined) return;
    this.#native.close(connection);
    this.#closed(connection, reason, { ...status, dropped: status.dropped + status.held });
  }

  counters(): Readonly<PlaneCounters> {
    const { accepted, open, closes } = this.#counters;
    return { ...this.#native.counters(), accepted, open, closes: { ...closes } };
  }

  close(): Promise<void> {
    for (const connection of [...this.#open.keys()]) this.closeConnection(connection, 'shutdown');
    this.#native.stop();
    // What ended by itself just before is told as well; what only began, not.
    const rest = [
      ...this.#events.slice(this.#next),
      ...this.#native.take(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    ];
    this.#events = [];
    for (const event of rest) if (event.kind === 'closed' || event.kind === 'handedOver') this.#tell(event);
    return Promise.resolve();
  }

  /** Hands on one turn's share of what waits, and comes back for more; what a listener's fault leaves undone, too. */
  #deliver(): void {
    this.#turn = undefined;
    if (this.#next >= this.#events.length) {
      this.#events = this.#native.take(turnEvents, turnBytes);
      this.#next = 0;
    }
    if (this.#events.length === 0) return;
    this.#turn = setImmediate(() => this.#deliver());
    for (let count = 0, bytes = 0; count < turnEvents && bytes < turnBytes; count++) {
      const event = this.#events[this.#next++];
      if (event === undefined) break;
      if ('bytes' in event) bytes += event.bytes.length;
      this.#tell(event);
    }
  }

  #tell(event: NativeEvent): void {
    if (event.kind === 'accepted') {
      this.#accepted(event.id, event.remote, event.local);
      return;
    }
    const open = this.#open.get(event.id);
    if (open === undefined) {
      // Closed here while the plane was giving it away: its socket is nobody's now.
      if (event.kind === 'handedOver') socketOf(event.fd, event.bytes).destroy();
      return;
    }
    switch (event.kind) {
      case 'opening':
        if (open.finishing === undefined) this.#follow(event.id, this.#listener.opening(event.id, event.bytes));
        break;
      case 'handedOver':
        this.#ended(event.id, 'handed-over');
        this.#listener.handedOver(event.id, socketOf(event.fd, event.bytes));
        break;
      case 'controlFrame':
        // After `finish` control is told nothing more, as it would be if it sat in the same thread.
        try {
          if (open.finishing === undefined) this.#listener.controlFrame(event.id, event.bytes);
        } finally {
          this.#native.handled(event.id);
        }
        break;
      case 'anchorDatagram':
        this.#listener.anchorDatagram(event.id, event.bytes);
        break;
      case 'relayed':
        this.#listener.relayed(event.id, event.address && normal(event.address));
        break;
      case 'mediaHeard':
        this.#listener.mediaHeard(event.id);
        break;
      case 'drained':
        if (open.finishing === undefined) this.#listener.drained(event.id);
        break;
      case 'closed':
        this.#closed(event.id, closeReason(event.reason, open.finishing), event.status);
    }
  }

  #accepted(id: ConnectionId, remote: TransportAddress, local: TransportAddress): void {
    this.#open.set(id, { finishing: undefined });
    this.#counters.accepted += 1;
    this.#counters.open += 1;
    this.#listener.accepted(id, normal(remote), normal(local));
  }

  #follow(id: ConnectionId, verdict: OpeningVerdict): void {
    if (verdict === 'wait') {
      this.#native.readMore(id);
    } else if ('handOver' in verdict) {
      this.#native.handOver(id, verdict.handOver);
    } else if ('relay' in verdict) {
      this.#native.carryTurn(id, verdict.relay);
    } else {
      if (verdict.reply !== undefined) this.#native.write(id, verdict.reply);
      this.#native.takeFrames(id, verdict.frames);
    }
  }

  #ended(id: ConnectionId, reason: CloseReason): void {
    this.#open.delete(id);
    this.#counters.closes[reason] += 1;
    this.#counters.open -= 1;
  }

  #closed(id: ConnectionId, reason: CloseReason, status: ConnectionStatus): void {
    this.#ended(id, reason);
    this.#listener.closed(id, reason, status);
  }
}

function socketOf(fd: number, read: Buffer): Socket {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.pause();
  socket.unshift(read);
  return socket;
}

function normal({ address, port }: TransportAddress): TransportAddress {
  return { address: normalAddress(address), port };
}

function closeReason(reason: NativeCloseReason, finishing: CloseReason | undefined): CloseReason {
  return reason === 'finished' ? (finishing ?? 'peer') : reason;
}
