import type { AdvertisedAddress, Stream } from '../gateway/stream';

/** What is used of the TCP gateway. */
export interface StreamGateway {
  readonly advertised: readonly AdvertisedAddress[];
  addStream(stream: Stream): void;
  removeStream(ufrag: string): void;
}

interface Retired {
  stream: Stream;
  /** The exchange that gave its line another ufrag. */
  by: number;
}

/**
 * The streams of one call that the gateway is open to: one for each media line, and while an ICE restart is
 * under way the one before it (E5).
 */
export class CallStreams {
  readonly #gateway: StreamGateway;
  readonly #current = new Map<number, Stream>();
  readonly #retired = new Map<number, Retired>();
  /** The ufrag of each line on which the UE has nominated a connection. */
  readonly #selected = new Map<number, string>();
  /** The current ones by the last complete exchange. */
  #settled: ReadonlyMap<number, Stream> = new Map();

  constructor(gateway: StreamGateway) {
    this.#gateway = gateway;
  }

  /** True if this is the ufrag that the line's candidates were given out with. */
  isCurrent(line: number, ufrag: string): boolean {
    return this.#current.get(line)?.ufrag === ufrag;
  }

  /** True if the UE has nominated a connection with this ufrag. */
  isSelected({ line, ufrag }: Stream): boolean {
    return this.#selected.get(line) === ufrag;
  }

  /**
   * Opens the gateway to a line, or tells it rtpengine's new address.
   * @param exchange the number of the offer and answer under way, rising
   * @throws EdgeError `ufrag-taken`
   */
  open(stream: Stream, exchange: number): void {
    this.#gateway.addStream(stream);
    const before = this.#current.get(stream.line);
    const retired = this.#retired.get(stream.line);
    if (retired?.stream.ufrag === stream.ufrag) this.#retired.delete(stream.line);
    this.#current.set(stream.line, stream);
    if (before === undefined || before.ufrag === stream.ufrag) return;
    this.#closeRetired(stream.line);
    this.#retired.set(stream.line, { stream: before, by: exchange });
  }

  /**
   * An exchange is complete: lines that it left without a stream are closed, and so are those that an
   * exchange before it retired.
   */
  settle(lines: ReadonlySet<number>, exchange: number): void {
    for (const [line, { by }] of [...this.#retired]) if (by < exchange || !lines.has(line)) this.#closeRetired(line);
    for (const [line, { ufrag }] of [...this.#current]) {
      if (lines.has(line)) continue;
      this.#gateway.removeStream(ufrag);
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
      this.#gateway.removeStream(stream.ufrag);
      this.#current.delete(line);
    }
    for (const [line, stream] of this.#settled) {
      if (this.#current.get(line) === stream) continue;
      this.#gateway.addStream(stream);
      this.#current.set(line, stream);
      if (this.#retired.get(line)?.stream.ufrag === stream.ufrag) this.#retired.delete(line);
    }
  }

  /** The UE nominated a connection: what the line used before a restart is closed. */
  selected({ line, ufrag }: Stream): void {
    if (!this.isCurrent(line, ufrag)) return;
    this.#selected.set(line, ufrag);
    this.#closeRetired(line);
  }

  close(): void {
    this.settle(new Set(), Infinity);
  }

  #closeRetired(line: number): void {
    const retired = this.#retired.get(line);
    if (retired !== undefined) this.#gateway.removeStream(retired.stream.ufrag);
    this.#retired.delete(line);
  }
}
