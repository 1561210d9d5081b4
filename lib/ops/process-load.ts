import { readdir, readFile } from 'node:fs/promises';

/** Of the kernel's clock that process times are told by: USER_HZ is 100 on Linux, wherever Node runs. */
const ticksPerSecond = 100;

/** CPU time of one thread. */
export interface ThreadTime {
  thread: string;
  seconds: number;
}

/**
 * CPU time of the threads of this process that have this name, in the order in which they were started; none where there
 * is no /proc. Never rejects.
 */
export async function threadTimes(name: string, folder = '/proc/self/task'): Promise<ThreadTime[]> {
  const ids = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    ids.map(async (id) => {
      const text = await readFile(`${folder}/${id}/stat`, 'latin1').catch(() => '');
      // proc(5): the name is in brackets, and may have brackets and spaces in it itself; 14 and 15 are utime and stime.
      const [, found, rest = ''] = /^\d+ \((.*)\) (.*)/s.exec(text) ?? [];
      const [user, system] = rest.split(' ').slice(11, 13).map(Number);
      return found === name ? [{ id: Number(id), seconds: ((user ?? 0) + (system ?? 0)) / ticksPerSecond }] : [];
    }),
  );
  return times
    .flat()
    .sort((one, other) => one.id - other.id)
    .map(({ seconds }, index) => ({ thread: String(index), seconds }));
}

/** Open file descriptors of this process; undefined where that is not told. Never rejects. */
export async function openFiles(): Promise<number | undefined> {
  return readdir('/proc/self/fd').then(
    ({ length }) => length,
    () => undefined,
  );
}
