import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnTied } from './tied-process';

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
  readonly #directory = mkdtempSync(join(tmpdir(), 'e80-bench-'));
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #isNode: boolean;
  #failure = '';

  private constructor(name: string, program: string, args: string[], environment?: Record<string, string>) {
    this.#name = name;
    this.#isNode = environment !== undefined;
    // What it logs is to cost what it costs, and nobody's time to read it. In a folder without .env.
    const log = openSync(this.#log, 'w');
    this.#child = spawnTied(program, args, {
      cwd: this.#directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', log, ...(this.#isNode ? (['ipc'] as const) : [])],
    });
    closeSync(log);
    this.#child.on('error', (error) => (this.#failure = error.message));
  }

  /** A compiled program of ours, by its path under dist, with its memory open to measuring. */
  static node(name: string, file: string, environment: Record<string, string>, profileTo?: string): MeasuredProcess {
    const profile = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileTo)}`];
    const probe = ['--expose-gc', '--require', join(__dirname, 'probe.js')];
    const args = [...profile, ...probe, join(__dirname, '../..', file)];
    return new MeasuredProcess(name, process.execPath, args, environment);
  }

  static program(name: string, program: string, args: string[]): MeasuredProcess {
    return new MeasuredProcess(name, program, args);
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
    const said = readFileSync(this.#log, 'utf8').slice(-2000);
    const how = signalCode ?? exitCode ?? 'never started';
    throw new Error(`${this.#name} does not run (${how}): ${this.#failure}${said}`);
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    if (this.#isRunning) {
      const exit = once(this.#child, 'exit');
      if (this.#isNode && this.#child.connected) this.#child.send('stop');
      else this.#child.kill('SIGKILL');
      const kill = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
      await exit;
      clearTimeout(kill);
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #log(): string {
    return join(this.#directory, 'log');
  }

  get #isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }
}
