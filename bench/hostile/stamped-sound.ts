import type { Sound } from '../../lib/ue/media-session';

/** What a packet says of the time it was sent at: beside the measured time, within it, or of a stream about to end. */
export const marks = { beside: 0, measured: 1, last: 2 } as const;

export type Mark = (typeof marks)[keyof typeof marks];

const length = 160;

/** Media that carries the time at which it was sent; both ends are on one machine, and have one clock. */
export class StampedSound implements Sound {
  /** Of what is sent from now on. */
  mark: Mark = marks.beside;
  readonly #heard: (delay: number, mark: Mark) => void;

  /** @param heard is told of each packet that came: how long it was on its way, in ms, and its mark */
  constructor(heard: (delay: number, mark: Mark) => void) {
    this.#heard = heard;
  }

  next(): Buffer {
    const payload = Buffer.alloc(length, 0xff);
    payload.writeDoubleBE(now(), 0);
    payload[8] = this.mark;
    return payload;
  }

  heard(payload: Buffer): void {
    if (payload.length === length) this.#heard(now() - payload.readDoubleBE(0), payload[8] as Mark);
  }
}

/** ms of the machine's own clock, which is the same in all its processes. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
