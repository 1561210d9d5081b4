import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { median } from '../median';
import { sum, type RoundCounts } from './counts';

/** What the edge holds after a round, when no call is left and its garbage is collected. */
export interface RestingEdge {
  descriptors: number;
  /** Bytes. */
  heap: number;
  resident: number;
  /** Gauges of its tables, by name and labels: calls, registrations, connections, sessions … */
  tables: Readonly<Record<string, number>>;
  /** Calls that rtpengine still has. */
  atRtpengine: number;
  /** Bytes that a call of the round wrote. */
  logPerCall: number;
  recordsPerCall: number;
  /** Lines of records less calls. */
  recordsMissing: number;
}

export interface SoakRound {
  counts: RoundCounts;
  after: RestingEdge;
}

export interface SoakResult {
  machine: { cpus: number; model: string; node: string };
  seconds: number;
  done: RoundCounts;
  figures: Figure[];
  rounds: SoakRound[];
  ok: boolean;
}

/** One thing that has to stay flat, in the first rounds that count and in the last ones. */
interface Figure {
  what: string;
  first: number;
  last: number;
  /** What `last` may be at most. */
  most: number;
}

const mebibyte = 2 ** 20;

/** What a run needs once (code that is compiled, the calls and ladders that are kept) grows in its first third. */
function counted(rounds: readonly SoakRound[]): { first: SoakRound[]; last: SoakRound[] } {
  const steady = rounds.slice(Math.floor(rounds.length / 3));
  const half = steady.length >> 1;
  return { first: steady.slice(0, half), last: steady.slice(-half) };
}

type Bound = (first: number) => number;

const asBefore: Bound = (first) => first;
const aTenthMore: Bound = (first) => first * 1.1;

/** @param seconds how long it took in all */
export function soakResult(rounds: SoakRound[], seconds: number): SoakResult {
  const { first, last } = counted(rounds);
  const figure = (what: string, of: (after: RestingEdge) => number, bound: Bound): Figure => {
    const [before, now] = [first, last].map((some) => median(some.map(({ after }) => of(after))));
    return { what, first: before ?? NaN, last: now ?? NaN, most: bound(before ?? NaN) };
  };
  const tables = [...new Set(rounds.flatMap(({ after }) => Object.keys(after.tables)))];
  const figures = [
    figure(
      'descriptors',
      ({ descriptors }) => descriptors,
      (before) => before + 2,
    ),
    figure(
      'heap, MiB',
      ({ heap }) => heap / mebibyte,
      (before) => Math.max(before * 1.05, before + 2),
    ),
    figure('resident, MiB', ({ resident }) => resident / mebibyte, aTenthMore),
    ...tables.map((name) => figure(name, (after) => after.tables[name] ?? 0, asBefore)),
    figure('calls at rtpengine', ({ atRtpengine }) => atRtpengine, asBefore),
    figure('log of a call, bytes', ({ logPerCall }) => logPerCall, aTenthMore),
    figure('record of a call, bytes', ({ recordsPerCall }) => recordsPerCall, aTenthMore),
    figure('calls without a record', ({ recordsMissing }) => Math.abs(recordsMissing), asBefore),
  ];
  const done = sum(rounds.map(({ counts }) => counts));
  return {
    machine: { cpus: availableParallelism(), model: cpus()[0]?.model ?? '?', node: process.version },
    ...{ seconds, done, figures, rounds },
    ok: first.length > 0 && done.calls > 0 && Object.keys(done.failures).length === 0 && figures.every(isFlat),
  };
}

function isFlat({ last, most }: Figure): boolean {
  return last <= most;
}

/** What a person reads. */
export function report({ machine, seconds, done, figures, ok }: SoakResult): string {
  const table = new Table({
    head: ['', 'first rounds', 'last rounds', 'at most', ''],
    style: { head: [], border: [] },
  });
  for (const each of figures.filter(({ first, last }) => first !== 0 || last !== 0)) {
    const numbers = [each.first, each.last, each.most].map((value) => Math.round(value * 10) / 10);
    table.push([each.what, ...numbers, isFlat(each) ? '' : 'grows']);
  }
  const { failures, ...counts } = done;
  const names = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const failed = Object.entries(failures).map(([reason, times]) => `${times} times: ${reason}`);
  const verdict = ok ? 'Nothing grows.' : failed.length > 0 ? 'NOT all calls worked.' : 'NOT all stays flat.';
  const on = `${machine.cpus} CPUs (${machine.model}), Node ${machine.node}`;
  return [table.toString(), `${names.join(', ')}, in ${Math.round(seconds)} s`, ...failed, `${verdict} ${on}`].join(
    '\n',
  );
}
