import { median } from '../median';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import type { Held, Round } from './round';
import { partNames, type OtherName, type PartName, type PerPart, type SystemName } from './system';

/** All figures of a run: CPU time in ms per call, memory in bytes per call. */
export interface Outcome {
  rate: number;
  seconds: number;
  server: string;
  /** What edge80 is compared with. */
  other: OtherName;
  serviceRoute: boolean;
  machine: { cpus: number; model: string; node: string };
  /** Medians of the rounds, and the memory of held calls. */
  systems: Partial<Record<SystemName, { cpuPerCall: PerPart<number>; memoryPerCall: PerPart<number> }>>;
  /** edge80 to the other. App and SIP server count, rtpengine does not, but where its name is in the ratio's. */
  ratios: {
    cpuPerCall: number;
    memoryPerCall: number;
    appCpuPerCall: number;
    appMemoryPerCall: number;
    cpuPerCallWithRtpengine: number;
  };
  /** The least and the greatest of the rounds' ratios. */
  spread: { cpuPerCall: { min: number; max: number } };
  rounds: Round[];
  held: Held[];
}

const signalling: PartName[] = ['app', 'server'];

/** @param rounds as many of each system, in the order in which they ran */
export function outcome(
  run: Pick<Outcome, 'rate' | 'seconds' | 'server' | 'serviceRoute' | 'other'>,
  rounds: Round[],
  held: Held[],
): Outcome {
  const cpu = (round: Round, parts: PartName[]) => sum(parts.map((part) => round.cpuPerCall[part].total));
  const of = (name: SystemName) => rounds.filter(({ system }) => system === name);
  const middle = (name: SystemName, parts: PartName[]) => median(of(name).map((round) => cpu(round, parts)));
  const memory = (name: SystemName, parts: PartName[]) => {
    const { memoryPerCall } = held.find(({ system }) => system === name) ?? { memoryPerCall: undefined };
    return sum(parts.map((part) => memoryPerCall?.[part] ?? NaN));
  };
  const cpuRatio = (parts: PartName[]) => middle('edge80', parts) / middle(run.other, parts);
  const memoryRatio = (parts: PartName[]) => memory('edge80', parts) / memory(run.other, parts);
  const perPart = (value: (part: PartName) => number): PerPart<number> =>
    Object.fromEntries(partNames.map((part) => [part, value(part)])) as PerPart<number>;
  const summary = (name: SystemName) => ({
    cpuPerCall: perPart((part) => middle(name, [part])),
    memoryPerCall: perPart((part) => memory(name, [part])),
  });
  const others = of(run.other);
  const each = of('edge80').map((round, i) => {
    const other = others[i];
    return other ? cpu(round, signalling) / cpu(other, signalling) : NaN;
  });
  return {
    ...run,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    systems: { edge80: summary('edge80'), [run.other]: summary(run.other) },
    ratios: {
      cpuPerCall: cpuRatio(signalling),
      memoryPerCall: memoryRatio(signalling),
      appCpuPerCall: cpuRatio(['app']),
      appMemoryPerCall: memoryRatio(['app']),
      cpuPerCallWithRtpengine: cpuRatio([...partNames]),
    },
    spread: { cpuPerCall: { min: Math.min(...each), max: Math.max(...each) } },
    rounds,
    held,
  };
}

/** What a person reads. */
export function report(result: Outcome): string {
  const head = [
    'system',
    ...partNames.map((part) => `${part} ms/call`),
    'app + server',
    ...partNames.map((part) => `${part} KiB/call`),
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [name, { cpuPerCall, memoryPerCall }] of Object.entries(result.systems)) {
    const times = [...partNames.map((part) => cpuPerCall[part]), cpuPerCall.app + cpuPerCall.server];
    const sizes = partNames.map((part) => (memoryPerCall[part] / 1024).toFixed(1));
    table.push([name, ...times.map((time) => time.toFixed(2)), ...sizes]);
  }
  const { ratios, spread, machine } = result;
  const { min, max } = spread.cpuPerCall;
  return [
    `${result.rate} calls/s, ${result.seconds} s, ${result.rounds.length / 2} rounds, ${result.held[0]?.calls ?? 0} calls held, ${result.server}${result.serviceRoute ? ', with a Service-Route' : ''}, ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}`,
    table.toString(),
    `edge80 to ${result.other}, app and server: CPU ${ratios.cpuPerCall.toFixed(2)} (rounds ${min.toFixed(2)} to ${max.toFixed(2)}), memory ${ratios.memoryPerCall.toFixed(2)}; app alone: CPU ${ratios.appCpuPerCall.toFixed(2)}, memory ${ratios.appMemoryPerCall.toFixed(2)}; with rtpengine: CPU ${ratios.cpuPerCallWithRtpengine.toFixed(2)}`,
  ].join('\n');
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
