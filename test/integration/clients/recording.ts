/** PCM of less than this amplitude is silence; lost packets, comfort noise and a µ-law zero stay below it. */
const soundAmplitude = 500;

/** Keeps what comes in, from the first sound on: a second of it unless `seconds` says how much. */
export class Recording {
  /** Resolves with the first sound. */
  readonly begun: Promise<void>;
  readonly complete: Promise<{ samples: Int16Array; sampleRate: number }>;
  #begin: () => void = () => undefined;
  #resolve: (heard: { samples: Int16Array; sampleRate: number }) => void = () => undefined;
  #chunks: Int16Array[] = [];
  #length = 0;
  readonly #seconds: number;

  constructor(seconds = 1) {
    this.#seconds = seconds;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.complete = new Promise((resolve) => (this.#resolve = resolve));
  }

  add(samples: Int16Array, sampleRate: number): void {
    if (this.#length >= this.#seconds * sampleRate) return;
    if (this.#length === 0 && !samples.some((sample) => Math.abs(sample) > soundAmplitude)) return;
    this.#begin();
    // The client may use the buffer again.
    this.#chunks.push(samples.slice());
    this.#length += samples.length;
    if (this.#length < this.#seconds * sampleRate) return;
    const whole = new Int16Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#resolve({ samples: whole, sampleRate });
  }
}
