import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import type { TransportAddress } from '../ice/transport-address';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { Accepted } from '../port/accepted';
import { Connections, type ConnectionsObserver } from './connections';
import { sumOf, type CloseReason, type GatewayCounters } from './counters';
import type { ForwardingPlane, ForwardingPlaneListener } from './forwarding-plane';
import { defaultLimits, type GatewayLimits } from './limits';
import { listenError } from './listen-error';
import type { Nominated } from './nomination-ranks';
import type { OtherKind } from './openings';
import { NodeForwardingPlane } from './node-forwarding-plane';
import { MsrpSession } from './msrp-session';
import type { GatewaySession, SessionSurroundings } from './session';
import type { RelayServing } from './relay-serving';
import { StreamSession } from './stream-session';
import type { RaisedCandidate } from './stream-nominations';
import type { AdvertisedAddress, Stream, StreamPath, StreamStatus } from './stream';

export interface TcpGatewayOptions {
  /** Where to listen; port 0 takes a free one. */
  listen: readonly TransportAddress[];
  /** What candidates name: one per address family and port. */
  advertised: readonly AdvertisedAddress[];
  logger: Logger;
  limits?: Partial<GatewayLimits>;
  /** Where rtpengine is bound if it advertises another address; default: what it advertises. */
  anchorAddress?: (advertised: string) => string;
  /** Takes the connections that are no media; unset: they are closed. */
  others?: (accepted: Accepted, kind: OtherKind) => void;
  /** Whether an address is that of a proxy, which names who connects (the PROXY protocol); default: none is. */
  isProxy?: (address: string) => boolean;
  /** Serves TURN; unset: it is nothing of ours. */
  relays?: RelayServing | undefined;
  /** ms, rising; default: the process's monotonic clock. */
  now?: () => number;
  /** What carries the media; default: Node's own sockets. */
  plane?: (limits: GatewayLimits, listener: ForwardingPlaneListener, now: () => number) => ForwardingPlane;
}

export interface TcpGatewayEvents {
  /** rtpengine accepted the connection that the UE nominated: media flows (C10). */
  selected: [StreamPath];
  /** The UE uses the connection, and rtpengine sends nothing to it; how many nominations there were, for `winBack`. */
  unanswered: [StreamPath, number];
  /** The UE sends no media on its connection, which was nominated above its UDP; how many looks in a row saw none. */
  unheard: [StreamPath, number];
  /** The connection that carried the media ended; the stream stays open for a new one (E3). */
  'connection-lost': [StreamPath];
  /** For 30 s the stream had no connection, or nothing came on it; once until another is selected (E4). */
  'media-lost': [StreamPath];
  /** A check named the stream. */
  checked: [CheckOnStream];
  /** A connection that is no other thing than media ended without a check that was taken. */
  stranger: [UselessConnection];
}

interface CheckOnStream extends StreamPath {
  /** `accepted`, `nominated`, or why it was not taken. */
  outcome: string;
}

export interface UselessConnection extends Omit<StreamPath, 'stream'> {
  reason: CloseReason;
}

/**
 * The TCP listener of the IMS-AGW (W.3.5): an ICE-lite agent behind one port for all streams, told apart
 * by their ufrag, which hands the media of each nominated connection to rtpengine over UDP.
 */
export class TcpGateway extends EventEmitter<TcpGatewayEvents> {
  readonly advertised: readonly AdvertisedAddress[];

  readonly #listen: readonly TransportAddress[];
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #limits: GatewayLimits;
  readonly #connections: Connections;
  readonly #plane: ForwardingPlane;
  /** Those that somebody else accepted. */
  readonly #adopted: Connections<NodeForwardingPlane>;
  readonly #around: SessionSurroundings;
  readonly #relays: RelayServing | undefined;
  /** By local ufrag. */
  readonly #sessions = new Map<string, GatewaySession>();
  #watch: NodeJS.Timeout | undefined;
  /** Connections that could not be accepted, as of the last look. */
  #acceptErrors = 0;

  constructor(options: TcpGatewayOptions) {
    super();
    this.advertised = options.advertised;
    this.#listen = options.listen;
    this.#logger = options.logger;
    this.#occasionally = new OccasionalLog(options.logger);
    this.#limits = { ...defaultLimits, ...options.limits };
    const now = options.now ?? monotonicNow;
    const observer: ConnectionsObserver = {
      checked: (session, at, outcome) => this.emit('checked', { stream: session.stream, ...at, outcome }),
      stranger: (at, reason) => this.emit('stranger', { ...at, reason }),
    };
    const parts = { limits: this.#limits, logger: options.logger, relays: options.relays, observer, now };
    this.#connections = new Connections({
      ...parts,
      sessions: this.#sessions,
      isProxy: options.isProxy ?? (() => false),
      others: options.others,
      plane: options.plane ?? ((...given) => new NodeForwardingPlane(...given)),
    });
    this.#plane = this.#connections.plane;
    this.#relays = options.relays;
    // Whose they are is known, and of ICE they carry nothing.
    this.#adopted = new Connections({
      ...parts,
      sessions: new Map<string, GatewaySession>(),
      isProxy: () => false,
      others: undefined,
      plane: (...given) => new NodeForwardingPlane(...given),
    });
    this.#around = {
      plane: this.#plane,
      limits: this.#limits,
      now,
      nominations: { started: 0, repeated: 0, succeeded: 0, failed: 0, refused: 0, raised: 0 },
      anchorAddress: options.anchorAddress ?? ((advertised) => advertised),
      selected: (path) => this.#tell('selected', path),
      preference: portPreference(options.advertised),
      unanswered: (path, nominations) => this.emit('unanswered', path, nominations),
      unheard: (path, times) => this.emit('unheard', path, times),
      lost: (path) => this.#tell('connection-lost', path),
      mediaLost: (path) => this.#tell('media-lost', path),
    };
  }

  /**
   * Rejects with an EdgeError: `gateway-port-denied`, `gateway-port-in-use` or `gateway-listen-failed`.
   * Nothing is left open then.
   */
  async listen(): Promise<void> {
    try {
      await this.#plane.listen(this.#listen);
    } catch (cause) {
      throw listenError(cause, this.#listen);
    }
    this.#watch = setInterval(() => {
      for (const session of this.#sessions.values()) session.watch();
      this.#relays?.sweep();
      this.#watchAccepting();
    }, this.#limits.watchMs);
    this.#watch.unref();
  }

  /** The bound addresses, in the order in which they were asked for. */
  address(): TransportAddress[] {
    return this.#plane.address();
  }

  /** Takes a connection that was found to carry TURN elsewhere: inside TLS. */
  adopt(accepted: Accepted): void {
    this.#adopted.plane.adopt(accepted);
  }

  /**
   * Opens the gateway to a stream, before the SDP that names its ufrag leaves (C1). The same ufrag of the
   * same call and line is an update: connections stay, and follow rtpengine to a new address. Throws an
   * EdgeError `ufrag-taken` if another line has this ufrag.
   */
  addStream(stream: Stream): void {
    const session = this.#sessions.get(stream.ufrag);
    if (session === undefined) {
      this.#sessions.set(stream.ufrag, this.#open(stream));
      return;
    }
    const isSame = session.stream.call === stream.call && session.stream.line === stream.line;
    if (!isSame || !session.update(stream))
      throw new EdgeError('ufrag-taken', `The ICE user name ${stream.ufrag} already belongs to another media line.`);
  }

  /** Closes the stream's connections, and returns what rtpengine was sent of nominations; an unknown ufrag is fine. */
  removeStream(ufrag: string): Nominated | undefined {
    const session = this.#sessions.get(ufrag);
    this.#sessions.delete(ufrag);
    session?.end();
    return session?.nominated;
  }

  /**
   * rtpengine sends a stream's media elsewhere than to the connection that the UE uses: that is nominated anew, unless it
   * was since rtpengine was asked, when there were so many nominations.
   */
  winBack(ufrag: string, nominations: number): void {
    this.#sessions.get(ufrag)?.winBack?.(nominations);
  }

  /** Candidates of ours that may rank above the UE's UDP at rtpengine; none of an unknown stream, or if not all are known. */
  raisedOf(ufrag: string): readonly RaisedCandidate[] {
    return this.#sessions.get(ufrag)?.raised ?? [];
  }

  /** rtpengine ranks those of a stream as low as they say: it is made to choose again where the media goes. */
  lower(ufrag: string): void {
    this.#sessions.get(ufrag)?.lower?.();
  }

  /** What is known of a stream; undefined if the gateway is not open to it. */
  streamStatus(ufrag: string): StreamStatus | undefined {
    return this.#sessions.get(ufrag)?.status();
  }

  counters(): GatewayCounters {
    return {
      ...sumOf(this.#plane.counters(), this.#adopted.plane.counters()),
      streams: this.#sessions.size,
      authenticated: this.#connections.authenticated + this.#adopted.authenticated,
      selected: [...this.#sessions.values()].filter(({ isSelected }) => isSelected).length,
      checks: { ...this.#connections.checks },
      nominations: { ...this.#around.nominations },
    };
  }

  /** Closes all connections and the listeners; may be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    for (const session of this.#sessions.values()) session.end();
    this.#sessions.clear();
    await Promise.all([this.#plane.close(), this.#adopted.plane.close()]);
  }

  #open(stream: Stream): GatewaySession {
    return stream.content === 'msrp' ? new MsrpSession(stream, this.#around) : new StreamSession(stream, this.#around);
  }

  #watchAccepting(): void {
    const { acceptErrors } = this.#plane.counters();
    const more = acceptErrors - this.#acceptErrors;
    this.#acceptErrors = acceptErrors;
    if (more === 0) return;
    this.#occasionally.error(
      { more },
      'media connections cannot be accepted: too many files are open, or too much to do',
    );
  }

  #tell(event: Exclude<keyof TcpGatewayEvents, 'unanswered' | 'unheard'>, path: StreamPath): void {
    const { call, line, ufrag } = path.stream;
    this.#logger.debug({ call, line, ufrag, remote: path.remote, port: path.port }, event);
    this.emit(event, path);
  }
}

/** The first of the ports is wanted most; those that rank above relays, more than the others (A8, B5). */
function portPreference(advertised: readonly AdvertisedAddress[]): (port: number) => number {
  const isAbove = ({ rank }: AdvertisedAddress) => rank === 'above-relay';
  const ordered = [...advertised.filter(isAbove), ...advertised.filter((at) => !isAbove(at))].map(({ port }) => port);
  return (port) => -(ordered.includes(port) ? ordered.indexOf(port) : ordered.length);
}
