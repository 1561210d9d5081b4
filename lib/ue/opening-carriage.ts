import type { Carriage, CarriageReader } from '../wire/carriage';
import type { StreamUnit } from '../wire/stream-framer';

/** A carriage that takes steps to open, such as a proxy, TLS and an upgrade: what is written meanwhile waits. */
export class OpeningCarriage implements Carriage {
  readonly #opening: Promise<Carriage>;
  readonly #lost: () => void;
  readonly #stop = new AbortController();
  #waiting: string[] = [];
  #waitingBytes = 0;
  #carriage: Carriage | undefined;

  /**
   * @param opening rejects when it is aborted
   * @param lost the peer, or the network, has ended the connection that stood
   */
  constructor(opening: (signal: AbortSignal) => Promise<Carriage>, lost: () => void) {
    this.#opening = opening(this.#stop.signal);
    this.#lost = lost;
  }

  open(reader: CarriageReader): void {
    this.#opening.then(
      (carriage) => this.#opened(carriage, reader),
      () => reader.ended(),
    );
  }

  units(chunk: Buffer): Iterable<StreamUnit> {
    return this.#carriage?.units(chunk) ?? [];
  }

  get isInside(): boolean {
    return this.#carriage?.isInside ?? false;
  }

  get isBroken(): boolean {
    return this.#carriage?.isBroken ?? false;
  }

  get unsent(): number {
    return this.#carriage?.unsent ?? this.#waitingBytes;
  }

  write(text: string): void {
    if (this.#carriage) {
      this.#carriage.write(text);
    } else {
      this.#waiting.push(text);
      this.#waitingBytes += text.length;
    }
  }

  end(done: () => void): void {
    if (this.#carriage) this.#carriage.end(done);
    else done();
  }

  destroy(): void {
    this.#stop.abort();
    this.#carriage?.destroy();
  }

  #opened(carriage: Carriage, reader: CarriageReader): void {
    this.#carriage = carriage;
    if (this.#stop.signal.aborted) {
      carriage.destroy();
      return;
    }
    carriage.open({
      connected: () => undefined,
      arrived: (chunk) => reader.arrived(chunk),
      ended: () => {
        if (!this.#stop.signal.aborted) this.#lost();
        reader.ended();
      },
    });
    reader.connected();
    for (const text of this.#waiting) carriage.write(text);
    this.#waiting = [];
  }
}
