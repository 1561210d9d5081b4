import type { StreamStatus } from '../gateway/stream';
import type { TransportAddress } from '../ice/transport-address';
import type { LineStatistics } from '../rtpengine/call-statistics';
import { isDiscardPlace } from '../sdp/discard-place';
import type { StatisticsByLine } from './call-at-rtpengine';
import { isAtRtpengine, type MediaPath, type SelectedPath, type StreamReport } from './media-anchor';

type Known = Omit<StreamReport, 'line' | 'tcpReason'> & { wasOnUdp: boolean };
type Path = Pick<SelectedPath, 'line' | 'path' | 'remote'>;

/** What is known of the ways that one call's streams take toward the UE. */
export class StreamPaths {
  readonly #statusOf: (ufrag: string) => StreamStatus | undefined;
  readonly #own: readonly string[];
  readonly #behindRelay: (place: TransportAddress) => TransportAddress | undefined;
  /** Where rtpengine sends to, of lines whose path is a relay. */
  readonly #relays = new Map<number, TransportAddress>();
  readonly #known = new Map<number, Known>();
  /** Packets that rtpengine did not take, by line, as of the last look. */
  readonly #errors = new Map<number, number>();
  /** The streams that the gateway is open to, by ufrag; a line has two during an ICE restart, the newer last. */
  readonly #open = new Map<string, number>();
  /** Lines that go the way of another (BUNDLE). */
  #shared: ReadonlyMap<number, number> = new Map();
  /** Of the stream that was closed last, by line. */
  readonly #closed = new Map<number, StreamStatus>();

  /**
   * @param own addresses of the machine that the gateway runs on
   * @param behindRelay of a relayed address that is open, or was, where its UE is
   */
  constructor(
    statusOf: (ufrag: string) => StreamStatus | undefined,
    own: readonly string[],
    behindRelay: (place: TransportAddress) => TransportAddress | undefined,
  ) {
    this.#statusOf = statusOf;
    this.#own = own;
    this.#behindRelay = behindRelay;
  }

  /** These lines have their transport from another, and so its path. */
  share(shared: ReadonlyMap<number, number>): void {
    this.#shared = shared;
  }

  opened(ufrag: string, line: number): void {
    this.#open.set(ufrag, line);
  }

  /** Whether the gateway is open to the line. */
  isOpen(line: number): boolean {
    return [...this.#open.values()].includes(line);
  }

  /** To be told before the gateway forgets the stream. */
  closing(ufrag: string): void {
    const line = this.#open.get(ufrag);
    this.#open.delete(ufrag);
    const status = this.#statusOf(ufrag);
    if (line === undefined || status === undefined) return;
    this.#closed.set(line, status);
    const known = this.#line(line);
    known.reconnects += status.reconnects;
    known.dropped += status.dropped;
  }

  /**
   * A connection to the gateway was selected. False if that is no news, or has to be seen first: of a stream on UDP, or
   * on a relay, rtpengine may stay there.
   */
  selected({ line, path, remote }: Path): boolean {
    return !isAtRtpengine(this.#line(line).path) && this.#set(line, path, remote);
  }

  /**
   * What rtpengine tells of the call; at its end too, when the streams are closed.
   * @returns the paths that are news
   */
  learn(statistics: StatisticsByLine): Path[] {
    this.#count(statistics);
    return [...statistics].flatMap(([line, { access }]) => {
      if (this.#shared.has(line)) return [];
      // Confirmed is what was heard from anywhere: the UE may not have nominated a pair yet.
      if (access?.confirmed !== true || access.endpoint === undefined || isDiscardPlace(access.endpoint)) return [];
      const way = this.#wayOf(line, access, access.endpoint);
      return way !== undefined && this.#set(line, way.path, way.remote) ? [{ line, ...way }] : [];
    });
  }

  /** Whether rtpengine sends a line's media to the gateway. */
  isGateway({ endpoint, localAddress }: LineStatistics): boolean {
    if (endpoint === undefined || this.#behindRelay(endpoint) !== undefined) return false;
    return endpoint.address === localAddress || this.#own.includes(endpoint.address);
  }

  /** Where rtpengine sends a line's media, if that is not the connection that the UE nominated last. */
  elsewhere(statistics: StatisticsByLine, line: number): LineStatistics['endpoint'] {
    const { endpoint, confirmed } = statistics.get(line)?.access ?? {};
    const mapped = this.#gatewayStatus(line)?.mapped;
    // None is nominated: what was heard came over UDP.
    if (mapped === undefined) return confirmed === true && endpoint && !isDiscardPlace(endpoint) ? endpoint : undefined;
    return endpoint?.port === mapped.port && endpoint.address === mapped.address ? undefined : endpoint;
  }

  /** How many packets of a line's UE rtpengine did not take since this was asked last: it hears the UE elsewhere. */
  strays(statistics: StatisticsByLine, line: number): number {
    const { errors = 0 } = statistics.get(line)?.access ?? {};
    const before = this.#errors.get(line) ?? errors;
    this.#errors.set(line, errors);
    return errors - before;
  }

  /** Undefined as long as it is not known. */
  pathOf(line: number): MediaPath | undefined {
    return this.#known.get(this.#shared.get(line) ?? line)?.path;
  }

  /** Whether the path of each of these lines is known. */
  areKnown(lines: readonly number[]): boolean {
    return lines.every((line) => this.pathOf(line) !== undefined);
  }

  /** @param isTcpAlone whether the UE has no candidate for UDP on a line */
  reports(isTcpAlone: (line: number) => boolean): StreamReport[] {
    return [...this.#known]
      .sort(([a], [b]) => a - b)
      .map(([line, { wasOnUdp, ...known }]) => {
        const open = [...this.#open].flatMap(([ufrag, its]) => (its === line ? (this.#statusOf(ufrag) ?? []) : []));
        const sum = (field: 'reconnects' | 'dropped') =>
          open.reduce((total, status) => total + status[field], known[field]);
        const carrying = this.#shared.get(line) ?? line;
        const { path, remote } = this.#known.get(carrying) ?? known;
        const unheard = isTcpAlone(carrying) ? 'udp-not-offered' : 'udp-unanswered';
        const wasHeard = this.#known.get(carrying)?.wasOnUdp ?? wasOnUdp;
        const tcpReason = path?.startsWith('tcp') ? (wasHeard ? 'udp-lost' : unheard) : undefined;
        return { line, ...known, path, remote, tcpReason, reconnects: sum('reconnects'), dropped: sum('dropped') };
      });
  }

  /** What it means that rtpengine sends a line's media there; undefined: nothing new. */
  #wayOf(line: number, access: LineStatistics, endpoint: TransportAddress): Omit<Path, 'line'> | undefined {
    const behind = this.#behindRelay(endpoint);
    if (behind !== undefined) {
      this.#relays.set(line, endpoint);
      return { path: 'relay', remote: behind };
    }
    // The UE has given its relay back, and rtpengine still sends there.
    if (this.pathOf(line) === 'relay' && isSame(this.#relays.get(line), endpoint)) return undefined;
    const tcp = this.#gatewayStatus(line);
    const isOurs = this.isGateway(access);
    // rtpengine still sends to the socket of a connection that is gone, or of the stream before an ICE restart.
    if (isOurs && tcp?.remote === undefined && this.#isOnTcp(line)) return undefined;
    if (isOurs && tcp?.remote !== undefined) return { path: `tcp${tcp.port ?? 80}`, remote: tcp.remote };
    return { path: 'udp', remote: endpoint };
  }

  #count(statistics: StatisticsByLine): void {
    for (const [line, { access, core }] of statistics) {
      if (access === undefined) continue;
      const known = this.#line(line);
      known.rttMs = access.rttMs ?? known.rttMs;
      known.quality = { access: access.quality ?? known.quality.access, core: core?.quality ?? known.quality.core };
      known.packets = { access: access.packets, core: core?.packets ?? 0 };
    }
  }

  #gatewayStatus(line: number): StreamStatus | undefined {
    const ufrag = [...this.#open].findLast(([, its]) => its === line)?.[0];
    return ufrag === undefined ? this.#closed.get(line) : this.#statusOf(ufrag);
  }

  #isOnTcp(line: number): boolean {
    return this.pathOf(line)?.startsWith('tcp') === true;
  }

  #set(line: number, path: MediaPath, remote: SelectedPath['remote']): boolean {
    const known = this.#line(line);
    const { remote: before } = known;
    if (known.path === path && before?.address === remote.address && before.port === remote.port) return false;
    known.path = path;
    known.wasOnUdp ||= path === 'udp';
    known.remote = remote;
    return true;
  }

  #line(line: number): Known {
    const known = this.#known.get(line);
    if (known !== undefined) return known;
    const added: Known = {
      path: undefined,
      remote: undefined,
      wasOnUdp: false,
      rttMs: undefined,
      quality: { access: undefined, core: undefined },
      reconnects: 0,
      dropped: 0,
      packets: undefined,
    };
    this.#known.set(line, added);
    return added;
  }
}

function isSame(one: TransportAddress | undefined, other: TransportAddress): boolean {
  return one?.address === other.address && one.port === other.port;
}
