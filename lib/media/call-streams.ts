import type { Nominated } from '../gateway/nomination-ranks';
import type { MediaStream } from '../gateway/stream';
import type { TcpGateway } from '../gateway/tcp-gateway';
import type { OccasionalLog } from '../ops/occasional-log';

/** What is used of the TCP gateway for one call. */
export type StreamGateway = Pick<TcpGateway, 'advertised' | 'addStream' | 'removeStream'>;

/** By line. */
export type OpenStreams = ReadonlyMap<number, MediaStream>;

interface Retired {
  stream: MediaStream;
  /** The exchange that gave its line another ufrag. */
  by: number;
}

/**
 * The streams of one call that the gateway is open to: one for each media line, and while an ICE restart is
 * under way the one before it (E5).
 */
export class CallStreams {
  readonly #gateway: StreamGateway;
  readonly #log: OccasionalLog;
  readonly #current = new Map<number, MediaStream>();
  readonly #retired = new Map<number, Retired>();
  /** The ufrag of each line on which the UE has nominated a connection. */
  readonly #selected = new Map<number, string>();
  /** Of each line that was closed: its last ufrag, and what rtpengine was sent of nominations under it. */
  readonly #closed = new Map<number, { ufrag: string; nominated: Nominated | undefined }>();
  /** The current ones by the last complete exchange. */
  #settled: ReadonlyMap<number, MediaStream> = new Map();

  /** @param log of what the gateway does not take */
  constructor(gateway: StreamGateway, log: OccasionalLog) {
    this.#gateway = gateway;
    this.#log = log;
  }

  /** True if this is the ufrag that the line's candidates were given out with. */
  isCurrent(line: number, ufrag: string): boolean {
    return this.#current.get(line)?.ufrag === ufrag;
  }

  /** True if the UE has nominated a connection with this ufrag. */
  isSelected({ line, ufrag }: MediaStream): boolean {
    return this.#selected.get(line) === ufrag;
  }

  /**
   * Opens the gateway to lines, or tells it rtpengine's new addresses.
   * @param exchange the number of the offer and answer under way, rising
   * @returns those that the gateway took
   */
  open(streams: readonly MediaStream[], exchange: number): OpenStreams {
    const open = new Map<number, MediaStream>();
    for (const stream of streams) {
      const { call, line } = stream;
      try {
        this.#open(stream, exchange);
        open.set(line, stream);
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.#log.warn({ call, line, reason }, 'a media line has no candidate on port 80');
      }
    }
    return open;
  }

  /**
   * An exchange is complete: lines that it left without a stream are closed, and so are those that an
   * exchange before it retired.
   */
  settle(lines: ReadonlySet<number>, exchange: number): void {
    for (const [line, { by }] of [...this.#retired]) if (by < exchange || !lines.has(line)) this.#closeRetired(line);
    for (const [line, stream] of [...this.#current]) {
      if (lines.has(line)) continue;
      this.#remove(stream);
      this.#current.delete(line);
    }
    this.#settled = new Map(this.#current);
  }

  /**
   * The exchange under way was refused: the gateway is open to the lines as the last complete one left them.
   * @throws EdgeError `ufrag-taken`
   */
  rollback(): void {
    for (const [line, stream] of [...this.#current]) {
      const before = this.#settled.get(line);
      if (before?.ufrag === stream.ufrag) continue;
      this.#remove(stream);
      this.#current.delete(line);
    }
    for (const [line, stream] of this.#settled) {
      if (this.#current.get(line) === stream) continue;
      this.#add(stream);
      this.#current.set(line, stream);
      if (this.#retired.get(line)?.stream.ufrag === stream.ufrag) this.#retired.delete(line);
    }
  }

  /** The UE nominated a connection: what the line used before a restart is closed. */
  selected({ line, ufrag }: MediaStream): void {
    if (!this.isCurrent(line, ufrag)) return;
    this.#selected.set(line, ufrag);
    this.#closeRetired(line);
  }

  close(): void {
    this.settle(new Set(), Infinity);
  }

  /** @throws EdgeError `ufrag-taken` */
  #open(stream: MediaStream, exchange: number): void {
    this.#add(stream);
    const before = this.#current.get(stream.line);
    const retired = this.#retired.get(stream.line);
    if (retired?.stream.ufrag === stream.ufrag) this.#retired.delete(stream.line);
    this.#current.set(stream.line, stream);
    if (before === undefined || before.ufrag === stream.ufrag) return;
    this.#closeRetired(stream.line);
    this.#retired.set(stream.line, { stream: before, by: exchange });
  }

  #closeRetired(line: number): void {
    const retired = this.#retired.get(line);
    if (retired !== undefined) this.#remove(retired.stream);
    this.#retired.delete(line);
  }

  /** A line that was declined comes back with the ufrag that it had, if the UE does not restart ICE. */
  #add(stream: MediaStream): void {
    const closed = this.#closed.get(stream.line);
    const isBack = closed?.ufrag === stream.ufrag;
    this.#gateway.addStream(isBack && closed.nominated ? { ...stream, nominated: closed.nominated } : stream);
  }

  #remove({ ufrag, line }: MediaStream): void {
    this.#closed.set(line, { ufrag, nominated: this.#gateway.removeStream(ufrag) });
  }
}
