import { readFileSync } from 'node:fs';
import { median } from './median';
import type { RelayName } from './relays';
import { maxOthers, Session, type Placement, type Run } from './session';

/** Streams beside the one that does not read. */
const others = 500;

/** Runs with and without it, of each of which the median counts. */
const runs = 3;
const runSeconds = 2;
const disturbedTries = 8;

/** Descriptors that a process needs besides its connections. */
const ownDescriptors = 200;

/** One UE that sends but does not read, among others. Times in ms, memory in bytes. */
export interface StalledReader {
  others: number;
  /** Of the others. */
  p99Without: number;
  p99With: number;
  /** Of the others, with it. */
  lost: number;
  /** What the relay's resident memory grew by while it stalled. */
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

export async function stalledReader(relay: RelayName, placement: Placement): Promise<StalledReader> {
  const session = await Session.start(relay, others + 1, placement);
  try {
    await session.open(others + 1);
    await session.run(others + 1, 1);
    const without: number[] = [];
    for (let i = 0; i < runs; i++) without.push((await undisturbed(session, others + 1)).roundTrip.p99);
    const before = session.memory();
    await session.stall(others);
    const beside: number[] = [];
    let lost = 0;
    for (let i = 0; i < runs; i++) {
      const run = await undisturbed(session, others + 1);
      beside.push(run.roundTrip.p99);
      lost += run.lost;
    }
    const memoryGrowth = session.memory() - before;
    return { others, p99Without: median(without), p99With: median(beside), lost, memoryGrowth };
  } finally {
    await session.stop();
  }
}

/** The first run in which nobody else used the machine, or the last of some. */
async function undisturbed(session: Session, streams: number): Promise<Run> {
  let run = await session.run(streams, runSeconds);
  for (let i = 1; i < disturbedTries && run.others > maxOthers; i++) run = await session.run(streams, runSeconds);
  return run;
}

/** @param idle as many, or what the limit of open files allows */
export async function idleMemory(
  relay: RelayName,
  { idle, ...placement }: Placement & { idle: number },
): Promise<IdleConnections> {
  const connections = Math.min(idle, openFilesLimit() - ownDescriptors);
  const session = await Session.start(relay, connections, placement);
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
