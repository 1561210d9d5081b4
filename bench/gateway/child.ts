import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';

/** What a process of the bench has used since it started. */
export interface Usage {
  /** CPU time in µs, of all its threads. */
  user: number;
  system: number;
  /** Resident memory in bytes. */
  resident: number;
  /** ms during which its event loop had something to do, and nothing. */
  active: number;
  idle: number;
  /** Packets that it passed on, both ways. */
  forwarded: number;
}

/** The usage of the process that calls. */
export function ownUsage(forwarded = 0): Usage {
  const { active, idle } = performance.eventLoopUtilization();
  return { ...process.cpuUsage(), resident: process.memoryUsage.rss(), active, idle, forwarded };
}

/** The share of time, 0 to 1, that an event loop had something to do: at 1 its process is the limit. */
export function busyShare(before: Usage, after: Usage): number {
  const active = after.active - before.active;
  return active / (active + after.idle - before.idle);
}

/** In a child: tells its parent its ports, answers each question for usage, and stops with the parent. */
export function serveParent(ports: number[], forwarded: () => number, stop: () => void): void {
  process.on('message', () => process.send?.(ownUsage(forwarded())));
  process.once('disconnect', stop);
  process.send?.(ports);
}

/** What a child was started with. */
export function childOptions(): unknown {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** A process of the bench, as its parent sees it. */
export class Child {
  private constructor(
    readonly ports: readonly number[],
    readonly process: ChildProcess,
  ) {}

  /**
   * @param file the compiled program, beside this one
   * @param execArgv options of Node
   */
  static async start(file: string, options: object, execArgv: string[] = []): Promise<Child> {
    const child = fork(`${__dirname}/${file}`, [JSON.stringify(options)], { execArgv });
    return new Child(await answer<number[]>(child), child);
  }

  async usage(): Promise<Usage> {
    this.process.send('usage');
    return answer<Usage>(this.process);
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    if (!this.process.connected) return;
    const exit = once(this.process, 'exit');
    this.process.disconnect();
    await exit;
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([status]) => {
    throw new Error(`A process of the bench ended with status ${String(status)}.`);
  });
  // Aborted when the answer came.
  exit.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [T];
    return message;
  } finally {
    ended.abort();
  }
}
