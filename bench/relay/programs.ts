import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The bench's own programs in C++. */
export type Program = 'echo' | 'floor' | 'load';

// Run from dist/bench/relay.
const sources = resolve(__dirname, '../../../bench/relay/native');
const built = join(__dirname, 'native');
const headers = ['sockets.h', 'stun.h', 'stream.h', 'times.h'];

/** Builds what is older than its sources. */
export function buildPrograms(): void {
  mkdirSync(built, { recursive: true });
  for (const name of ['echo', 'floor', 'load']) {
    const source = join(sources, `${name}.cc`);
    const program = join(built, name);
    const newest = Math.max(...[`${name}.cc`, ...headers].map((file) => statSync(join(sources, file)).mtimeMs));
    if (existsSync(program) && statSync(program).mtimeMs > newest) continue;
    const options = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', source, '-o', program, '-lcrypto'];
    const { status } = spawnSync('g++', options, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`g++ could not build ${source}.`);
  }
}

export function programPath(name: Program): string {
  return join(built, name);
}

/** A process of the bench on CPUs of its own, that is talked to in lines. */
export class Pinned {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /**
   * @param cpus as taskset takes them: `0`, `1-3`
   * @param errors what becomes of its standard error
   */
  constructor(cpus: string, command: string, args: readonly string[], errors: 'inherit' | 'ignore' = 'inherit') {
    this.#process = spawn('taskset', ['-c', cpus, command, ...args], { stdio: ['pipe', 'pipe', errors] });
    if (this.#process.stdout === null) throw new Error(`${command} has no output.`);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.on('error', () => undefined);
    this.#process.stdin?.on('error', () => undefined);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next line of its output. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error(`A process of the bench ended: ${this.#process.spawnargs.join(' ')}`);
    return next.value;
  }

  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  async ask<T>(command: string): Promise<T> {
    this.write(command);
    return JSON.parse(await this.line()) as T;
  }

  /** May be called twice. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.stdin?.end();
    if (signal !== undefined) this.#process.kill(signal);
    await exit;
  }
}

/** What a process has used since it started. */
export interface Usage {
  /** CPU time in µs, of all its threads. */
  user: number;
  system: number;
  /** Resident memory in bytes. */
  resident: number;
}

/** CPU time in µs that all processes and the host's other machines used since the start, of all CPUs together. */
export function machineUsage(): number {
  // user nice system idle iowait irq softirq steal (proc(5)).
  const ticks = (/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '').split(' ').map(Number);
  return [0, 1, 2, 5, 6, 7].reduce((sum, at) => sum + (ticks[at] ?? 0), 0) * (1e6 / 100);
}

export function usageOf(pid: number): Usage {
  return usageIn(`/proc/${pid}/stat`);
}

/** CPU time in µs of each of its threads, by their ids. */
export function threadTimes(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  return new Map(
    readdirSync(folder).map((thread) => {
      const { user, system } = usageIn(join(folder, thread, 'stat'));
      return [thread, user + system];
    }),
  );
}

function usageIn(path: string): Usage {
  // Behind the name, which may hold spaces: state is field 3, utime 14, stime 15, rss 24 (proc(5)).
  const stat = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .map(Number);
  const ticks = 1e6 / 100;
  return { user: (stat[11] ?? 0) * ticks, system: (stat[12] ?? 0) * ticks, resident: (stat[21] ?? 0) * 4096 };
}
