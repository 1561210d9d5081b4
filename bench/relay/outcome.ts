import { cpus } from 'node:os';
import Table from 'cli-table3';
import { median } from '../median';
import type { Pressure } from './pressure';
import type { RelayName } from './relays';
import { maxOthers, wasGeneratorLimit, type Placement, type Run } from './loaded-relay';
import type { MaxLoad } from './steps';

/** One relay under load for a while. */
export interface Round extends Run {
  relay: RelayName;
  /** Bytes of resident memory that the relay had more under load than before its first stream. */
  memoryPerStream: number;
}

/** What the bench is run with. */
export interface Options extends Placement {
  streams: number;
  seconds: number;
  rounds: number;
  step: number;
  patience: number;
  idle: number;
  turn: boolean;
  withNode: boolean;
  json: boolean;
}

/** The rounds of one relay: packets added up, the rest as the median of its rounds. CPU time in µs, times in ms. */
interface Summary {
  relay: RelayName;
  sent: number;
  returned: number;
  lost: number;
  cpuPerPacket: number;
  userPerPacket: number;
  systemPerPacket: number;
  busiestThread: number;
  /** Bytes. */
  memoryPerStream: number;
  p50: number;
  p99: number;
  p999: number;
}

/** edge80's figure to another's: with ICE over TCP, and where the name says so with TURN. */
type RatioName =
  | 'cpuPerPacketVsCoturn'
  | 'cpuPerPacketVsFloor'
  | 'maxLoadVsCoturn'
  | 'p99VsCoturn'
  | 'memoryPerStreamVsCoturn'
  | 'turnCpuPerPacketVsCoturn'
  | 'turnMemoryPerStreamVsCoturn';

/** All figures of a run. */
export interface Outcome {
  options: Options;
  machine: { cpus: number; model: string; node: string };
  relays: Summary[];
  /** One of each relay in each round. */
  maxLoads: MaxLoad[];
  /** The median of the rounds' ratios; null if it was not measured. */
  ratios: Record<RatioName, number | null>;
  /** The least and the greatest of the rounds' ratios. */
  spread: Partial<Record<RatioName, { min: number; max: number }>>;
  pressure: Pressure;
  /** The worst of all rounds. */
  generator: { busy: number; latenessP99: number; wasLimit: boolean };
  /** The greatest share of the machine, 0 to 1, that others used in a round that counts. */
  others: number;
  rounds: Round[];
}

/** @param rounds as many of each relay, in the order in which they ran */
export function outcome(options: Options, rounds: Round[], maxLoads: MaxLoad[], pressure: Pressure): Outcome {
  const of = (relay: RelayName) => rounds.filter((round) => round.relay === relay);
  const relays = [...new Set(rounds.map(({ relay }) => relay))].map((relay) => summary(relay, of(relay)));
  const inRounds = (other: RelayName, value: (round: Round) => number, own: RelayName = 'edge80') =>
    of(own).map((round, i) => {
      const beside = of(other)[i];
      return beside === undefined ? NaN : value(round) / value(beside);
    });
  const loads = (relay: RelayName) => maxLoads.filter((one) => one.relay === relay).map((one) => one.packetsPerSecond);
  const loadsOfCoturn = loads('coturn');
  const measured = {
    cpuPerPacketVsCoturn: inRounds('coturn', (round) => round.cpuPerPacket),
    cpuPerPacketVsFloor: inRounds('floor', (round) => round.cpuPerPacket),
    p99VsCoturn: inRounds('coturn', (round) => round.roundTrip.p99),
    memoryPerStreamVsCoturn: inRounds('coturn', (round) => round.memoryPerStream),
    turnCpuPerPacketVsCoturn: inRounds('coturn', (round) => round.cpuPerPacket, 'turn'),
    turnMemoryPerStreamVsCoturn: inRounds('coturn', (round) => round.memoryPerStream, 'turn'),
    maxLoadVsCoturn: loads('edge80').map((load, i) => load / (loadsOfCoturn[i] ?? NaN)),
  };
  const busy = Math.max(...rounds.map((round) => round.busy));
  const latenessP99 = Math.max(...rounds.map((round) => round.lateness.p99));
  return {
    options,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    relays,
    maxLoads,
    ratios: mapped(measured, (values) => (values.length === 0 ? null : median(values))),
    spread: Object.fromEntries(
      Object.entries(measured)
        .filter(([, values]) => values.length > 0)
        .map(([name, values]) => [name, { min: Math.min(...values), max: Math.max(...values) }]),
    ),
    pressure,
    others: Math.max(...rounds.map((round) => round.others)),
    generator: { busy, latenessP99, wasLimit: rounds.some(wasGeneratorLimit) },
    rounds,
  };
}

function mapped<From, To>(of: Record<RatioName, From>, to: (value: From) => To): Record<RatioName, To> {
  const entries = Object.entries(of) as [RatioName, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, to(value)])) as Record<RatioName, To>;
}

/** What a person reads. */
export function report(result: Outcome): string {
  const { options, machine, relays, maxLoads, ratios, spread, pressure, generator } = result;
  const times = ['p50 ms', 'p99 ms', 'p99.9 ms'];
  const head = [
    'relay',
    'sent',
    'returned',
    'lost',
    'CPU µs/packet',
    'user',
    'system',
    'busiest thread',
    ...times,
    'KiB/stream',
    'most/s',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const one of relays) {
    const max = maxLoads.filter(({ relay }) => relay === one.relay);
    const cpu = [one.cpuPerPacket, one.userPerPacket, one.systemPerPacket].map((value) => value.toFixed(2));
    const roundTrip = [one.p50, one.p99, one.p999].map((value) => value.toFixed(2));
    const memory = (one.memoryPerStream / 1024).toFixed(1);
    const busiest = `${(one.busiestThread * 100).toFixed(0)} %`;
    table.push([
      ...[one.relay, one.sent, one.returned, one.lost, ...cpu, busiest, ...roundTrip, memory],
      max.length === 0 ? '-' : `${max.some(limited) ? '≥ ' : ''}${median(max.map((load) => load.packetsPerSecond))}`,
    ]);
  }
  const lines = [
    `${options.streams} streams, ${options.rounds} rounds of ${options.seconds} s, ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}; relay on CPU ${options.relayCpus}, generator and echo on ${options.loadCpus}`,
    table.toString(),
  ];
  for (const [name, value] of Object.entries(ratios)) {
    const ofRounds = spread[name as RatioName];
    const rounds = ofRounds === undefined ? '' : ` (rounds ${ofRounds.min.toFixed(2)} to ${ofRounds.max.toFixed(2)})`;
    lines.push(`${name}: ${value?.toFixed(2) ?? 'not measured'}${rounds}`);
  }
  const { stalled, idle } = pressure;
  lines.push(
    `one stalled reader among ${stalled.others}: p99 of the others ${range(stalled.p99With)} ms, without it ${range(stalled.p99Without)} ms; ${stalled.lost} lost; ${stalled.dropped} dropped for their age; memory grew by ${(stalled.memoryGrowth / 1024).toFixed(0)} KiB at most`,
  );
  if (idle !== undefined) {
    const memory = (idle.memoryPerConnection / 1024).toFixed(1);
    lines.push(`${idle.connections} idle authenticated connections: ${memory} KiB each`);
  }
  lines.push(
    `generator: busy ${(generator.busy * 100).toFixed(0)} %; 99 of 100 packets sent within ${generator.latenessP99.toFixed(1)} ms of their time`,
  );
  if (result.others > maxOthers) {
    lines.push(`Others used up to ${(result.others * 100).toFixed(0)} % of the machine: compare nothing.`);
  }
  if (generator.wasLimit) lines.push('The generator had no time left or came late: it may be what was measured.');
  return lines.join('\n');
}

/** Not the relay but the bench was at its end. */
function limited({ above }: MaxLoad): boolean {
  return above === undefined || above.wasGenerator;
}

function range({ min, median: middle, max }: { min: number; median: number; max: number }): string {
  return `${middle.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

function summary(relay: RelayName, rounds: Round[]): Summary {
  const sum = (value: (round: Round) => number) => rounds.reduce((total, round) => total + value(round), 0);
  const middle = (value: (round: Round) => number) => median(rounds.map(value));
  return {
    relay,
    sent: sum((round) => round.sent),
    returned: sum((round) => round.returned),
    lost: sum((round) => round.lost),
    cpuPerPacket: middle((round) => round.cpuPerPacket),
    userPerPacket: middle((round) => round.userPerPacket),
    systemPerPacket: middle((round) => round.systemPerPacket),
    busiestThread: middle((round) => round.busiestThread),
    memoryPerStream: middle((round) => round.memoryPerStream),
    p50: middle((round) => round.roundTrip.p50),
    p99: middle((round) => round.roundTrip.p99),
    p999: middle((round) => round.roundTrip.p999),
  };
}
