import { cpus } from 'node:os';
import Table from 'cli-table3';
import { median } from '../median';
import type { RelayName } from './relays';
import type { Round, RoundOptions } from './round';
import type { Direction } from './traffic';

/** From this share of a CPU on sender and receiver, not the relay, may be what is measured. */
const maxBusy = 0.9;

/** What the bench is run with. */
export interface Options extends RoundOptions {
  rounds: number;
  /** Bytes of a transfer that is alone, and of each of those that run together. */
  bytes: number;
  count: number;
  bytesEach: number;
  json: boolean;
}

/** The rounds of one relay with one workload, as medians. Times in ms, memory in bytes. */
interface Summary extends Omit<Round, 'seconds' | 'bytes' | 'wrong' | 'busy'> {
  /** In all rounds. */
  wrong: number;
}

/** One relay of edge80 to socat: medians of the rounds' ratios. */
interface Ratio {
  relay: RelayName;
  direction: Direction;
  count: number;
  throughput: number;
  /** The least and the greatest of the rounds'. */
  throughputSpread: { min: number; max: number };
  cpuPerMegabyte: number;
}

/** All figures of a run. */
export interface Outcome {
  options: Options;
  machine: { cpus: number; model: string; node: string };
  summaries: Summary[];
  ratiosToSocat: Ratio[];
  /** The most of all rounds, by relay: at 1 sender and receiver had no time left. */
  load: { relay: RelayName; busy: number; mayBeLimit: boolean }[];
  rounds: Round[];
}

/** @param rounds as many of each relay and workload, in the order in which they ran */
export function outcome(options: Options, rounds: Round[]): Outcome {
  const relays = [...new Set(rounds.map(({ relay }) => relay))];
  const kinds = [1, options.count].flatMap((count) =>
    (['up', 'down'] as const).map((direction) => ({ count, direction })),
  );
  const of = (relay: RelayName, { count, direction }: (typeof kinds)[number]) =>
    rounds.filter((round) => round.relay === relay && round.count === count && round.direction === direction);
  const ratio = (relay: RelayName, kind: (typeof kinds)[number]): Ratio => {
    const own = of(relay, kind);
    const socat = of('socat', kind);
    const ratios = (value: (round: Round) => number) => own.map((round, i) => value(round) / value(socat[i] ?? round));
    const throughput = ratios(({ megabytesPerSecond }) => megabytesPerSecond);
    return {
      relay,
      ...kind,
      throughput: median(throughput),
      throughputSpread: { min: Math.min(...throughput), max: Math.max(...throughput) },
      cpuPerMegabyte: median(ratios(({ cpuPerMegabyte }) => cpuPerMegabyte)),
    };
  };
  return {
    options,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    summaries: kinds.flatMap((kind) => relays.map((relay) => summary(of(relay, kind)))),
    ratiosToSocat: kinds.flatMap((kind) =>
      relays.filter((relay) => relay !== 'socat').map((relay) => ratio(relay, kind)),
    ),
    load: relays.map((relay) => {
      const busy = Math.max(...rounds.filter((round) => round.relay === relay).map((round) => round.busy));
      return { relay, busy, mayBeLimit: busy > maxBusy };
    }),
    rounds,
  };
}

/** What a person reads. */
export function report(result: Outcome): string {
  const { options, machine, summaries, ratiosToSocat, load } = result;
  const head = [
    'transfers',
    'way',
    'relay',
    'MB/s',
    'to socat',
    'CPU ms/MB',
    'user',
    'system',
    'peak MiB',
    'growth KiB/stream',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const one of summaries) {
    const ratio = ratiosToSocat.find(
      ({ relay, count, direction }) => relay === one.relay && count === one.count && direction === one.direction,
    );
    const times = [one.cpuPerMegabyte, one.userPerMegabyte, one.systemPerMegabyte].map((value) => value.toFixed(2));
    const memory = [one.peakMemory / 2 ** 20, one.growthPerStream / 1024].map((value) => value.toFixed(0));
    const speed = [one.megabytesPerSecond.toFixed(0), ratio?.throughput.toFixed(2) ?? '1'];
    table.push([one.count, one.direction, one.relay, ...speed, ...times, ...memory]);
  }
  const lines = [
    `${options.rounds} rounds of 1 × ${options.bytes / 1e6} MB and ${options.count} × ${options.bytesEach / 1e6} MB, chunks of ${options.chunkBytes} bytes; ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}; relay on CPU ${options.relayCpus}, sender and receiver on ${options.loadCpus}`,
    table.toString(),
    `sender and receiver: ${load.map(({ relay, busy }) => `busy ${(busy * 100).toFixed(0)} % with ${relay}`).join(', ')}`,
  ];
  const limited = load.filter(({ mayBeLimit }) => mayBeLimit).map(({ relay }) => relay);
  if (limited.length > 0)
    lines.push(`Sender and receiver had no time left with ${limited.join(', ')}: they may be what was measured there.`);
  const wrong = summaries.reduce((sum, one) => sum + one.wrong, 0);
  if (wrong > 0) lines.push(`${wrong} transfers did not arrive as they were sent.`);
  return lines.join('\n');
}

function summary(rounds: Round[]): Summary {
  const [first] = rounds;
  if (first === undefined) throw new RangeError('No round was run.');
  const { relay, direction, count } = first;
  const middle = (value: (round: Round) => number) => median(rounds.map(value));
  return {
    relay,
    direction,
    count,
    wrong: rounds.reduce((sum, round) => sum + round.wrong, 0),
    megabytesPerSecond: middle((round) => round.megabytesPerSecond),
    cpuPerMegabyte: middle((round) => round.cpuPerMegabyte),
    userPerMegabyte: middle((round) => round.userPerMegabyte),
    systemPerMegabyte: middle((round) => round.systemPerMegabyte),
    peakMemory: middle((round) => round.peakMemory),
    growthPerStream: middle((round) => round.growthPerStream),
  };
}
