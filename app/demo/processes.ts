import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EdgeError } from '../../lib/errors';

/** Runs a program to its end and returns its standard output. @throws EdgeError `tool-failed`. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const why = error.code === 'ENOENT' ? 'it is not installed' : stderr.trim() || error.message;
      reject(new EdgeError('tool-failed', `${program} ${args.join(' ')}: ${why}`, { cause: error }));
    });
  });
}

export interface NamespaceProcessOptions {
  /** What the process is called in messages. */
  name: string;
  /** The network namespace it runs in. */
  namespace: string;
  program: string;
  args: readonly string[];
  /** Its whole environment beside PATH; nothing of ours is handed on. */
  environment?: Readonly<Record<string, string>>;
  /** Working directory; ours where it is not given. */
  directory?: string;
  /** Called with each message of a Node program that talks to us by IPC. */
  onMessage?: (message: unknown) => void;
}

export type OutputListener = (line: string, stream: 'stdout' | 'stderr') => void;

/** Lines of output that are kept for the message of a failure. */
const keptLines = 60;

/**
 * A child process inside a network namespace. It has a process group of its own, so that Ctrl-C
 * reaches us alone and we end it in our own order.
 */
export class NamespaceProcess {
  readonly name: string;
  /** Resolves, never rejects, with how the process ended: `code 0`, `SIGTERM` … */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<OutputListener>();
  readonly #recent: string[] = [];
  #exit: string | undefined;

  constructor(options: NamespaceProcessOptions) {
    this.name = options.name;
    const child = spawn('ip', ['netns', 'exec', options.namespace, options.program, ...options.args], {
      env: { PATH: process.env['PATH'], ...options.environment },
      cwd: options.directory,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.onMessage ? ['ipc' as const] : [])],
      detached: true,
    });
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = child[stream];
      if (input !== null) createInterface({ input }).on('line', (line) => this.#hear(line, stream));
    }
    if (options.onMessage) child.on('message', options.onMessage);
    this.ended = new Promise((resolve) => {
      const finish = (how: string) => {
        this.#exit ??= how;
        resolve(this.#exit);
      };
      child.once('error', (error) => finish(error.message));
      // 'close' comes after the last line of output, 'exit' may come before it.
      child.once('close', (code, signal) => finish(signal ?? `code ${code ?? '?'}`));
    });
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The last lines that it wrote, oldest first. */
  get recentOutput(): string {
    return this.#recent.join('\n');
  }

  /** Listens to each line until the returned function is called. */
  onLine(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with the first value that `pick` finds in a line of output.
   * @throws EdgeError `process-failed`: it ended first, or nothing was found within `timeoutMs`.
   */
  async line<T>(what: string, timeoutMs: number, pick: (line: string) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(giveUp);
        stop();
        act();
      };
      const fail = (why: string) =>
        reject(
          new EdgeError('process-failed', `${this.name} ${why} before ${what}. Its output:\n${this.recentOutput}`),
        );
      const stop = this.onLine((line) => {
        const found = pick(line);
        if (found !== undefined) finish(() => resolve(found));
      });
      const giveUp = setTimeout(() => finish(() => fail(`took longer than ${timeoutMs / 1000} s`)), timeoutMs);
      void this.ended.then((how) => finish(() => fail(`ended (${how})`)));
    });
  }

  /** Sends a message to a program that was given `onMessage`; nothing happens once it has ended. */
  send(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** Ends it: SIGTERM, and SIGKILL after 3 s. May be called twice. */
  async close(): Promise<void> {
    this.signal('SIGTERM');
    const kill = setTimeout(() => this.signal('SIGKILL'), 3000);
    await this.ended;
    clearTimeout(kill);
  }

  #hear(line: string, stream: 'stdout' | 'stderr'): void {
    if (this.#recent.push(line) > keptLines) this.#recent.shift();
    for (const listener of [...this.#listeners]) listener(line, stream);
  }
}
