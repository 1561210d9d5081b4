/** How many names are asked for at first, at most in a datagram, and at most in a stream. */
const limits = { first: 200, datagram: 500, stream: 20_000 };

export interface LeftCallsOptions {
  /** The names of calls, so many at most, always in the same order. */
  list: (limit: number) => Promise<readonly string[]>;
  remove: (name: string) => Promise<void>;
  isLeft: (name: string) => boolean;
  transport: 'tcp' | 'udp';
}

/**
 * Removes the calls that former processes left at an rtpengine, one after the other: those of running calls come first.
 * Its list begins anew each time, so more and more of it is asked for, as long as none of its calls is one of them.
 * @returns how many were removed, and whether all of the list was seen
 */
export async function removeLeftCalls(options: LeftCallsOptions): Promise<{ removed: number; isComplete: boolean }> {
  const most = options.transport === 'udp' ? limits.datagram : limits.stream;
  const removed = new Set<string>();
  for (let limit = limits.first; ;) {
    const names = await options.list(limit);
    const left = names.filter((name) => options.isLeft(name) && !removed.has(name));
    for (const name of left) {
      await options.remove(name);
      removed.add(name);
    }
    const isComplete = names.length < limit;
    if (isComplete || (left.length === 0 && limit === most)) return { removed: removed.size, isComplete };
    if (left.length === 0) limit = Math.min(4 * limit, most);
  }
}
