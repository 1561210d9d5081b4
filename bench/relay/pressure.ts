import { readFileSync } from 'node:fs';
import { median } from '../median';
import { maxOthers, LoadedRelay, type Placement, type Run } from './loaded-relay';

/** Streams beside the one that does not read. */
const others = 500;

/** Runs with it and without it, in turn. */
const runs = 7;
const runSeconds = 2;
const disturbedTries = 8;

/** Descriptors that a process needs besides its connections. */
const ownDescriptors = 200;

/** Of several runs. */
interface Spread {
  min: number;
  median: number;
  max: number;
}

/** One UE that sends but does not read, among others. Times in ms, memory in bytes. */
export interface StalledReader {
  others: number;
  /** Of the others. */
  p99Without: Spread;
  p99With: Spread;
  /** Packets of the others that were lost in the runs with it. */
  lost: number;
  /** Packets that the relay dropped for their age: the one did stall. */
  dropped: number;
  /** The most that the relay's resident memory grew by while it stalled. */
  memoryGrowth: number;
}

/** Connections that authenticated, were nominated and then do nothing. */
export interface IdleConnections {
  connections: number;
  /** Bytes of resident memory for each. */
  memoryPerConnection: number;
}

export interface Pressure {
  stalled: StalledReader;
  idle: IdleConnections | undefined;
}

/** @throws Error if the relay dropped nothing: then nobody stalled, and nothing was measured. */
export async function stalledReader(placement: Placement): Promise<StalledReader> {
  const session = await LoadedRelay.start('edge80', others + 1, placement);
  try {
    await session.open(others + 1);
    await session.run(others + 1, 1);
    const without: number[] = [];
    const beside: number[] = [];
    let lost = 0;
    let memoryGrowth = 0;
    for (let i = 0; i < runs; i++) {
      without.push((await undisturbed(session, others + 1)).roundTrip.p99);
      const before = session.memory();
      await session.stall(others);
      // Until what the kernel takes is full.
      await session.run(others + 1, 1);
      const run = await undisturbed(session, others + 1);
      beside.push(run.roundTrip.p99);
      lost += run.lost;
      memoryGrowth = Math.max(memoryGrowth, session.memory() - before);
      await session.unstall(others);
      await session.run(others + 1, 1);
    }
    const dropped = (await session.counters())?.drops['queue-age'] ?? 0;
    if (dropped === 0) throw new Error('The reader did not stall: nothing to it was dropped.');
    return { others, p99Without: spread(without), p99With: spread(beside), lost, dropped, memoryGrowth };
  } finally {
    await session.stop();
  }
}

function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/** The first run in which nobody else used the machine, or the last of some. */
async function undisturbed(session: LoadedRelay, streams: number): Promise<Run> {
  let run = await session.run(streams, runSeconds);
  for (let i = 1; i < disturbedTries && run.others > maxOthers; i++) run = await session.run(streams, runSeconds);
  return run;
}

/** @param idle as many, or what the limit of open files allows */
export async function idleMemory({ idle, ...placement }: Placement & { idle: number }): Promise<IdleConnections> {
  const connections = Math.min(idle, openFilesLimit() - ownDescriptors);
  const session = await LoadedRelay.start('edge80', connections, placement);
  try {
    await session.open(connections);
    return { connections, memoryPerConnection: session.memory() / connections };
  } finally {
    await session.stop();
  }
}

/** The hard one, which the processes of the bench raise theirs to. */
function openFilesLimit(): number {
  const limit = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Number(limit ?? 1024);
}
