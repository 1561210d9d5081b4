import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** CPU time of a process in seconds, of all its threads. */
export interface CpuTime {
  user: number;
  system: number;
}

/** The kernel counts in hundredths of a second (USER_HZ), whatever its own clock is. */
const ticksPerSecond = 100;

/** How long a process may take to end, in ms. */
const stopMs = 5000;

/** A process whose CPU time and memory are measured. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #isNode: boolean;
  #lastWords = '';

  private constructor(name: string, child: ChildProcess, isNode: boolean) {
    this.#name = name;
    this.#child = child;
    this.#isNode = isNode;
    child.on('error', (error) => (this.#lastWords = error.message));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => (this.#lastWords = (this.#lastWords + text.toString()).slice(-2000)));
    }
  }

  /** A compiled program of ours, by its path under dist, with its memory open to measuring. */
  static node(name: string, file: string, environment: Record<string, string>, profileTo?: string): MeasuredProcess {
    const profile = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`];
    const probe = ['--expose-gc', '--require', join(__dirname, 'probe.js')];
    const args = [...profile, ...probe, join(__dirname, '../..', file)];
    const env = { ...process.env, ...environment };
    // What it logs is to cost what it costs: written, and read by nobody.
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    return new MeasuredProcess(name, child, true);
  }

  static program(name: string, program: string, args: string[]): MeasuredProcess {
    return new MeasuredProcess(name, spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }), false);
  }

  cpuTime(): CpuTime {
    this.requireRunning();
    // Behind the name, which may have blanks in it: fields 14 and 15 of proc(5).
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { user: Number(fields[11]) / ticksPerSecond, system: Number(fields[12]) / ticksPerSecond };
  }

  /** Bytes: of Node what is alive after garbage collection, of others what is resident. */
  async memory(): Promise<number> {
    this.requireRunning();
    if (!this.#isNode) {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
    }
    const answer = once(this.#child, 'message') as Promise<[number]>;
    this.#child.send('memory');
    const [bytes] = await answer;
    return bytes;
  }

  /** @throws if it has ended */
  requireRunning(): void {
    if (this.#isRunning) return;
    const { exitCode, signalCode } = this.#child;
    throw new Error(`${this.#name} does not run (${signalCode ?? exitCode ?? 'never started'}): ${this.#lastWords}`);
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    const exit = once(this.#child, 'exit');
    if (this.#isNode && this.#child.connected) this.#child.send('stop');
    else this.#child.kill('SIGKILL');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
    await exit;
    clearTimeout(kill);
  }

  get #isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }
}
