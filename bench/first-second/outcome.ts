import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { distribution, type Distribution } from '../hostile/distribution';
import type { Kind } from './call-result';

export type Plane = 'native' | 'node';

/** What the firewall before the UE does with UDP, and the path that is right then. */
export const paths = { open: 'udp', blocked: 'tcp80' } as const;

export type Udp = keyof typeof paths;

/** One call: ms from the answer at the UE to what each end heard first; undefined if it heard nothing. */
export interface FirstHeard {
  ue: number | undefined;
  core: number | undefined;
}

export interface Setting {
  plane: Plane;
  kind: Kind;
  udp: Udp;
  calls: number;
  ue: Distribution;
  core: Distribution;
  /** Calls in which an end heard nothing. */
  silent: number;
  /** Paths as the edge wrote them, when they were not the right ones. */
  wrongPaths: string[];
  /** Why calls failed, each reason once. */
  errors: string[];
}

/** TCP 80 beside UDP. */
export interface Comparison {
  plane: Plane;
  kind: Kind;
  /** Who hears. */
  end: 'ue' | 'core';
  /** p99 over TCP 80, and what it may be, ms. */
  p99: number;
  aim: number;
}

export interface Outcome {
  machine: { cpus: number; model: string; node: string };
  settings: Setting[];
  comparisons: Comparison[];
  /** Every call was heard, on its path, and all aims are met. */
  ok: boolean;
}

/** RFC 8445 §14.2, ms. */
const checkInterval = 50;

/** How many of them after its pair over UDP a UE checks that over TCP; libwebrtc was seen to let one pass. */
const intervals: Readonly<Record<Kind, number>> = { rtp: 1, 'dtls-srtp': 1, libwebrtc: 2 };

const factor = 1.3;

export function setting(
  { plane, kind, udp }: Pick<Setting, 'plane' | 'kind' | 'udp'>,
  calls: readonly FirstHeard[],
  { edgePaths, errors }: { edgePaths: readonly string[]; errors: readonly string[] },
): Setting {
  const heard = (end: 'ue' | 'core') => calls.flatMap((call) => call[end] ?? []);
  return {
    ...{ plane, kind, udp, calls: calls.length },
    ue: distribution(heard('ue')),
    core: distribution(heard('core')),
    silent: calls.filter(({ ue, core }) => ue === undefined || core === undefined).length,
    wrongPaths: edgePaths.filter((path) => path !== paths[udp]),
    errors: [...new Set(errors)],
  };
}

export function outcome(settings: Setting[]): Outcome {
  const comparisons = settings.flatMap((tcp) => {
    const udp = settings.find((other) => other.udp === 'open' && other.plane === tcp.plane && other.kind === tcp.kind);
    if (tcp.udp === 'open' || udp === undefined) return [];
    return (['ue', 'core'] as const).map((end) => compare(udp, tcp, end));
  });
  return {
    machine: { cpus: availableParallelism(), model: cpus()[0]?.model ?? '?', node: process.version },
    ...{ settings, comparisons },
    ok: settings.every(isRight) && comparisons.every(({ p99, aim }) => p99 <= aim),
  };
}

function compare(udp: Setting, { plane, kind, ...tcp }: Setting, end: 'ue' | 'core'): Comparison {
  return { plane, kind, end, p99: tcp[end].p99, aim: udp[end].p99 * factor + intervals[kind] * checkInterval };
}

function isRight({ calls, silent, wrongPaths, errors }: Setting): boolean {
  return calls > 0 && silent + wrongPaths.length + errors.length === 0;
}

/** What a person reads. */
export function report({ settings, comparisons, machine, ok }: Outcome): string {
  const head = ['plane', 'media', 'path', 'calls', 'UE hears p50', 'p99', 'core hears p50', 'p99', 'silent'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { plane, kind, udp, calls, ue, core, silent } of settings) {
    table.push([plane, kind, paths[udp], calls, ms(ue.p50), ms(ue.p99), ms(core.p50), ms(core.p99), silent]);
  }
  const aims = comparisons.map(({ plane, kind, end, p99, aim }) => {
    const verdict = p99 <= aim ? 'met' : 'NOT met';
    return `${plane}, ${kind}, ${end} hears: TCP 80 p99 ${ms(p99)} ms, aim ${ms(aim)} ms: ${verdict}`;
  });
  const faults = settings.flatMap(({ plane, kind, udp, wrongPaths, errors }) =>
    [...wrongPaths.map((path) => `took ${path}`), ...errors].map((fault) => `${plane}, ${kind}, UDP ${udp}: ${fault}`),
  );
  const verdict = ok ? 'All aims are met.' : 'NOT all aims are met.';
  return [
    table.toString(),
    ...aims,
    ...faults,
    `${verdict} ${machine.cpus} CPUs (${machine.model}), Node ${machine.node}`,
  ].join('\n');
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
