import { Presets, SingleBar } from 'cli-progress';
import type { UeEvent } from '../../lib/ue/ue-event';

/** A bar on the terminal for the file that is under way; nothing where the output is no terminal. */
export class FileProgress {
  readonly #output: NodeJS.WriteStream;
  #bar: SingleBar | undefined;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** @param ends such as `UE → core` */
  event(ends: string, event: UeEvent): void {
    if (event.event !== 'msrp-progress' || !this.#output.isTTY) return;
    const { bytes, size } = event;
    this.#bar ??= this.#start(ends, size);
    this.#bar.update(megabytes(bytes));
    if (bytes >= size) this.stop();
  }

  /** May be called twice. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #start(ends: string, size: number): SingleBar {
    const format = `         ${ends}  {bar} {percentage}%  {value} of {total} MB`;
    const bar = new SingleBar({ format, stream: this.#output, hideCursor: true }, Presets.shades_classic);
    bar.start(megabytes(size), 0);
    return bar;
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
}
