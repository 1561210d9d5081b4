import { readdirSync, readFileSync } from 'node:fs';
import type { NamespaceProcess } from '../../app/demo/processes';

/** What the edge's process holds: bytes that are resident, and descriptors. */
export interface Holding {
  memory: number;
  descriptors: number;
}

/** Beside what it held at most, in seconds a second: the CPU time that it took, and how long its main thread waited for one. */
export interface Usage extends Holding {
  cpu: number;
  waited: number;
}

/** What may be left of memory, and descriptors of what the good ones may just be about. */
const maxMemoryRatio = 1.1;
const spareDescriptors = 10;

export function isMemoryBack(after: Holding, before: Holding): boolean {
  return after.memory <= maxMemoryRatio * before.memory;
}

export function areDescriptorsBack(after: Holding, before: Holding): boolean {
  return after.descriptors <= before.descriptors + spareDescriptors;
}

export function isBack(after: Holding, before: Holding): boolean {
  return isMemoryBack(after, before) && areDescriptorsBack(after, before);
}

/** ms */
const every = 200;
const collecting = 10_000;

/** The kernel counts CPU time in hundredths of a second (USER_HZ), whatever its own clock is. */
const ticksPerSecond = 100;

/** Memory, descriptors and CPU time of the edge's process; it has to be started with the probe. */
export class EdgeUsage {
  readonly #edge: NamespaceProcess;

  constructor(edge: NamespaceProcess) {
    this.#edge = edge;
  }

  /** After garbage collection. Rejects if the edge has ended. */
  async settled(): Promise<Holding> {
    const done = this.#edge.line('its garbage was collected', collecting, (line) =>
      line.includes('garbage collected') ? true : undefined,
    );
    this.#edge.signal('SIGUSR2');
    await done;
    return this.now();
  }

  now(): Holding {
    const { pid } = this.#edge;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const memory = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
    return { memory, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  }

  /** Watches until the returned function is called, which tells. */
  watch(): () => Usage {
    const startedAt = performance.now();
    const cpuBefore = this.#cpuTime();
    const waitedBefore = this.#waitingTime();
    const most = { memory: 0, descriptors: 0 };
    const look = () => {
      if (!this.#edge.running) return;
      const { memory, descriptors } = this.now();
      most.memory = Math.max(most.memory, memory);
      most.descriptors = Math.max(most.descriptors, descriptors);
    };
    look();
    const timer = setInterval(look, every);
    return () => {
      clearInterval(timer);
      if (!this.#edge.running) return { ...most, cpu: NaN, waited: NaN };
      look();
      const seconds = (performance.now() - startedAt) / 1000;
      const waited = (this.#waitingTime() - waitedBefore) / seconds;
      return { ...most, cpu: (this.#cpuTime() - cpuBefore) / seconds, waited };
    };
  }

  /** Seconds on a run queue, of the main thread. */
  #waitingTime(): number {
    const [, waited] = readFileSync(`/proc/${this.#edge.pid}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e9;
  }

  /** Seconds, of all threads: behind the name, which may have blanks in it, fields 14 and 15 of proc(5). */
  #cpuTime(): number {
    const fields = readFileSync(`/proc/${this.#edge.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }
}
