import { cpus } from 'node:os';
import Table from 'cli-table3';
import { areDescriptorsBack, isMemoryBack } from './edge-usage';
import type { Phase } from './phase';

/** Below this nobody is kept waiting, however much longer than without an attack it is; ms. */
const floorMs = 100;
const maxSetupRatio = 2;

/** Beyond these the machine, not the edge, may be what was slow: ms, and seconds a second. */
const maxLateness = 20;
const maxWaited = 0.1;

/** An attack after which the edge was gone, or beside which no call could be made. */
export interface Failed {
  attack: string;
  error: string;
}

export interface Outcome {
  machine: { cpus: number; model: string; node: string };
  server: string;
  quiet: Phase;
  attacks: (Phase & { ratios: Ratios; missed: string[] })[];
  failed: Failed[];
  /** Every aim was met beside every attack. */
  ok: boolean;
}

/** To the run without an attack; of memory and descriptors to what they were before. */
interface Ratios {
  delay: number;
  register: number;
  setup: number;
  cpu: number;
  memory: number;
  descriptors: number;
}

export function outcome(server: string, quiet: Phase, phases: readonly Phase[], failed: Failed[]): Outcome {
  const attacks = phases.map((phase) => ({ ...phase, ratios: ratios(phase, quiet), missed: missed(phase, quiet) }));
  return {
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    server,
    quiet,
    attacks,
    failed,
    ok: failed.length === 0 && attacks.every((each) => each.missed.length === 0),
  };
}

/** What was aimed at and not met. */
export function missed(phase: Phase, quiet: Phase): string[] {
  const { lost, broken, failures, newcomers, before, after, attacker } = phase;
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const slow = (['register', 'setup'] as const).filter(
    (what) => phase[what].p99 > Math.max(maxSetupRatio * quiet[what].p99, floorMs),
  );
  return [
    ...(attacker?.failure ? ['attack'] : []),
    ...(lost > 0 ? ['loss'] : []),
    ...(broken > 0 ? ['calls ended'] : []),
    ...(failed > 0 || newcomers === 0 ? ['refusals'] : []),
    ...slow,
    ...(isMemoryBack(after, before) ? [] : ['memory']),
    ...(areDescriptorsBack(after, before) ? [] : ['descriptors']),
  ];
}

function ratios(phase: Phase, quiet: Phase): Ratios {
  return {
    delay: phase.delayP99 / quiet.delayP99,
    register: phase.register.p99 / quiet.register.p99,
    setup: phase.setup.p99 / quiet.setup.p99,
    cpu: phase.during.cpu / quiet.during.cpu,
    memory: phase.after.memory / phase.before.memory,
    descriptors: phase.after.descriptors / phase.before.descriptors,
  };
}

/** What a person reads. */
export function report({ machine, server, quiet, attacks, failed, ok }: Outcome): string {
  const head = ['attack', 'lost', 'delay p99', 'register p50, p99', 'set-up p50, p99', 'refused', 'CPU %, waited %'];
  const table = new Table({
    head: [...head, 'MiB before, most, after', 'descriptors', 'late', 'aims missed'],
    style: { head: [], border: [] },
  });
  table.push(row(quiet, undefined, []));
  for (const each of attacks) table.push(row(each, each.ratios, each.missed));
  const late = [quiet, ...attacks].some(({ lateness }) => Math.max(lateness.ue, lateness.core) > maxLateness);
  return [
    `${server}, ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}; times in ms, in brackets the ratio to none`,
    table.toString(),
    ...attacks.map((each) => `${each.attack ?? ''}: ${said(each)}`),
    ...failed.map(({ attack, error }) => `${attack}: FAILED: ${error}`),
    ...(quiet.during.waited > maxWaited
      ? ['Without an attack the edge had to wait for a CPU: others use the machine.']
      : []),
    ...(late ? [`UEs or core came more than ${maxLateness} ms late: times may be the machine's.`] : []),
    ok ? 'Every aim was met.' : 'NOT every aim was met.',
  ].join('\n');
}

function row(phase: Phase, to: Ratios | undefined, missing: readonly string[]): string[] {
  const { sent, lost, broken, delayP99, register, setup, failures, newcomers, before, during, after } = phase;
  const ratio = (value: number | undefined) => (value === undefined ? '' : ` (${value.toFixed(1)})`);
  const refused = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const percent = (share: number) => (share * 100).toFixed(0);
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);
  return [
    phase.attack ?? 'none',
    `${lost} of ${sent}${broken > 0 ? `, ${broken} calls ended` : ''}`,
    `${ms(delayP99)}${ratio(to?.delay)}`,
    `${ms(register.p50)}, ${ms(register.p99)}${ratio(to?.register)}`,
    `${ms(setup.p50)}, ${ms(setup.p99)}${ratio(to?.setup)}`,
    `${refused} of ${newcomers}`,
    `${percent(during.cpu)}${ratio(to?.cpu)}, ${percent(during.waited)}`,
    `${mib(before.memory)}, ${mib(during.memory)}, ${mib(after.memory)}${to === undefined ? '' : ` (${to.memory.toFixed(2)})`}`,
    `${before.descriptors}, ${during.descriptors}, ${after.descriptors}`,
    ms(Math.max(phase.lateness.ue, phase.lateness.core)),
    missing.join(', ') || '-',
  ];
}

/** What the attacker saw, and why newcomers failed. */
function said({ attacker, failures, refusedBefore }: Phase): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ');
  const late = `late ${attacker?.lateness.p99.toFixed(0) ?? '?'} ms`;
  const failure = attacker?.failure ? `; it gave up: ${attacker.failure}` : '';
  const newcomers = Object.keys(failures).length === 0 ? '' : `; newcomers: ${list(failures)}`;
  const refused = refusedBefore === 0 ? '' : `; held calls were refused ${refusedBefore} times before`;
  return `${list(attacker?.counts ?? {}) || 'nothing came of it'} (${late})${failure}${newcomers}${refused}`;
}
