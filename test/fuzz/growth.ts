import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The share of its time after which a run is measured first: most code is compiled, and bounded tables are full, by then. */
export const warmUpShare = 0.25;

/** By how much the heap may grow from then on for the engine's own sake: compiled code, caches. Bytes. */
export const maxHeapGrowth = 8 * 1024 * 1024;

export interface Footprint {
  /** Bytes in use after a collection. */
  heap: number;
  /** Sockets of TCP and UDP, listening ones too; timers come and go with whatever runs this. */
  sockets: number;
}

/** What the process holds now, once nothing is left to close and all garbage is collected. */
export async function footprint(): Promise<Footprint> {
  // Closed sockets are given back in later turns of the loop.
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const sockets = process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP)/.test(name)).length;
  return { heap: process.memoryUsage().heapUsed, sockets };
}
