import { readdir, readFile, readlink } from 'node:fs/promises';

/** Names in the environment of a local rtpengine: the edge that it is of, and the process that started it. */
const edgeMark = 'EDGE80_EDGE';
const parentMark = 'EDGE80_PARENT';

/** What a local rtpengine is to be started by, so that {@link endOrphans} knows it. */
export async function marksOf(edge: string): Promise<[string, ...string[]]> {
  return ['env', `${edgeMark}=${edge}`, `${parentMark}=${(await identityOf(process.pid)) ?? ''}`];
}

/**
 * Ends the rtpengines of this edge whose own edge80 was killed. Only what has the marks, and whose parent is gone, is
 * one; where there is no /proc there is none. Never rejects.
 * @returns how many there were
 */
export async function endOrphans(edge: string): Promise<number> {
  const pids = await readdir('/proc').catch(() => []);
  let ended = 0;
  for (const pid of pids.filter((name) => /^\d+$/.test(name))) {
    if (await endIfOrphan(Number(pid), edge)) ended += 1;
  }
  return ended;
}

async function endIfOrphan(pid: number, edge: string): Promise<boolean> {
  try {
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    const parent = environment.find((line) => line.startsWith(`${parentMark}=`))?.slice(parentMark.length + 1);
    if (!environment.includes(`${edgeMark}=${edge}`) || !parent) return false;
    // In another container the parent has another number.
    if ((await readlink(`/proc/${pid}/ns/pid`)) !== (await readlink('/proc/self/ns/pid'))) return false;
    if ((await identityOf(Number.parseInt(parent))) === parent) return false;
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, or not ours to look at.
    return false;
  }
}

/** A process's number and when it started, which no other has; undefined if there is no such process. */
async function identityOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // proc(5): after the name, which may hold anything, the start time is the 20th field.
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return started === undefined ? undefined : `${pid}-${started}`;
}
