import { median } from '../median';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { relayNames, type RelayName } from './relay';
import type { Round } from './round';

/** Beyond these the generator or the echo, not the relay, may be what is measured. */
const maxBusy = 0.9;
const maxLatenessMs = 20;

/** The rounds of one relay: packets added up, the rest as the median of its rounds. */
interface Summary {
  sent: number;
  returned: number;
  lost: number;
  cpuPerPacket: number;
  userPerPacket: number;
  systemPerPacket: number;
  memoryPerStream: number;
}

/** All figures of a run: CPU time in µs, memory in bytes, lateness in ms. */
export interface Outcome {
  streams: number;
  seconds: number;
  machine: { cpus: number; model: string; node: string };
  relays: Record<RelayName, Summary>;
  /** Gateway to naive forwarder; of CPU time the median of the rounds' ratios. */
  ratios: { cpuPerPacketVsNaive: number; memoryPerStreamVsNaive: number };
  /** The least and the greatest of the rounds' ratios. */
  spread: { cpuPerPacketVsNaive: { min: number; max: number } };
  /** The worst of all rounds. */
  generator: { busy: number; echoBusy: number; latenessP99: number; latenessMax: number; wasLimit: boolean };
  rounds: Round[];
}

/** @param rounds as many of each relay, in the order in which they ran */
export function outcome(streams: number, seconds: number, rounds: Round[]): Outcome {
  const of = (relay: RelayName) => rounds.filter((round) => round.relay === relay);
  const relays = { gateway: summary(of('gateway')), naive: summary(of('naive')) };
  const naive = of('naive');
  const cpu = of('gateway').map(({ cpuPerPacket }, i) => cpuPerPacket / (naive[i]?.cpuPerPacket ?? NaN));
  const worst = (value: (round: Round) => number) => Math.max(...rounds.map(value));
  const generator = {
    busy: worst(({ busy }) => busy.generator),
    echoBusy: worst(({ busy }) => busy.echo),
    latenessP99: worst(({ lateness }) => lateness.p99),
    latenessMax: worst(({ lateness }) => lateness.max),
  };
  const wasLimit = Math.max(generator.busy, generator.echoBusy) > maxBusy || generator.latenessP99 > maxLatenessMs;
  return {
    streams,
    seconds,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    relays,
    ratios: {
      cpuPerPacketVsNaive: median(cpu),
      memoryPerStreamVsNaive: relays.gateway.memoryPerStream / relays.naive.memoryPerStream,
    },
    spread: { cpuPerPacketVsNaive: { min: Math.min(...cpu), max: Math.max(...cpu) } },
    generator: { ...generator, wasLimit },
    rounds,
  };
}

/** What a person reads. */
export function report(result: Outcome): string {
  const head = ['relay', 'sent', 'returned', 'lost', 'CPU µs/packet', 'user', 'system', 'memory/stream'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const name of relayNames) {
    const { sent, returned, lost, ...rest } = result.relays[name];
    const times = [rest.cpuPerPacket, rest.userPerPacket, rest.systemPerPacket].map((value) => value.toFixed(1));
    table.push([name, sent, returned, lost, ...times, `${(rest.memoryPerStream / 1024).toFixed(0)} KiB`]);
  }
  const { ratios, spread, machine, generator } = result;
  const { min, max } = spread.cpuPerPacketVsNaive;
  const lines = [
    `${result.streams} streams, ${result.seconds} s, ${result.rounds.length / 2} rounds, ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}`,
    table.toString(),
    `gateway to naive: CPU ${ratios.cpuPerPacketVsNaive.toFixed(2)} (rounds ${min.toFixed(2)} to ${max.toFixed(2)}), memory ${ratios.memoryPerStreamVsNaive.toFixed(2)}`,
    `generator: busy ${percent(generator.busy)}, echo ${percent(generator.echoBusy)}; 99 of 100 packets sent within ${generator.latenessP99.toFixed(1)} ms of their time, the latest after ${generator.latenessMax.toFixed(1)} ms`,
  ];
  if (generator.wasLimit) {
    lines.push(
      'The generator or the echo had no time left or came late: they, not the relays, may be what was measured.',
      'Use fewer streams, or a machine with less other work.',
    );
  }
  return lines.join('\n');
}

function summary(rounds: Round[]): Summary {
  const sum = (value: (round: Round) => number) => rounds.reduce((total, round) => total + value(round), 0);
  const middle = (value: (round: Round) => number) => median(rounds.map(value));
  const sent = sum((round) => round.sent);
  const returned = sum((round) => round.returned);
  return {
    sent,
    returned,
    lost: sent - returned,
    cpuPerPacket: middle((round) => round.cpuPerPacket),
    userPerPacket: middle((round) => round.userPerPacket),
    systemPerPacket: middle((round) => round.systemPerPacket),
    memoryPerStream: middle((round) => round.memoryPerStream),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
