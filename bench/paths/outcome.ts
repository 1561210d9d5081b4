import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { mediaPackets, type UeCall } from './call-result';

/** What the firewall before the UEs does with UDP, and the path that is right then. */
export const settings = { open: 'udp', blocked: 'tcp80' } as const;

export type Udp = keyof typeof settings;

/** How many calls took each path; `none` for those without one. */
type Counts = Record<string, number>;

export interface Setting {
  udp: Udp;
  expected: string;
  calls: number;
  /** By path, as the UEs, and as gateway and rtpengine, saw it. */
  ue: Counts;
  edge: Counts;
  /** RTP packets that did not reach the UEs. */
  lost: number;
  /** Why calls failed, each reason once. */
  errors: string[];
}

export interface Outcome {
  machine: { cpus: number; model: string; node: string };
  settings: Setting[];
  /** Every call took the expected path, as both saw it. */
  ok: boolean;
}

export function setting(udp: Udp, ue: readonly UeCall[], edgePaths: readonly (string | null)[]): Setting {
  return {
    udp,
    expected: settings[udp],
    calls: ue.length,
    ue: counts(ue.map(({ path }) => path)),
    edge: counts(edgePaths),
    lost: ue.reduce((lost, { received }) => lost + mediaPackets - received, 0),
    errors: [...new Set(ue.flatMap(({ error }) => (error === null ? [] : [error])))],
  };
}

export function outcome(done: Setting[]): Outcome {
  return {
    machine: { cpus: availableParallelism(), model: cpus()[0]?.model ?? '?', node: process.version },
    settings: done,
    ok: done.every(isRight),
  };
}

function isRight({ calls, expected, ue, edge }: Setting): boolean {
  return calls > 0 && ue[expected] === calls && edge[expected] === calls;
}

/** What a person reads. */
export function report({ settings: done, machine, ok }: Outcome): string {
  const head = ['UDP', 'calls', 'path expected', 'seen by the UE', 'seen by the edge', 'packets lost'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { udp, calls, expected, ue, edge, lost } of done) {
    table.push([udp, calls, expected, text(ue), text(edge), `${lost} of ${calls * mediaPackets}`]);
  }
  const errors = done.flatMap((each) => each.errors.map((error) => `UDP ${each.udp}: ${error}`));
  const verdict = ok ? 'Every call took the path expected.' : 'NOT every call took the path expected.';
  const on = `${machine.cpus} CPUs (${machine.model}), Node ${machine.node}`;
  return [table.toString(), ...errors, `${verdict} ${on}`].join('\n');
}

function text(paths: Counts): string {
  return Object.entries(paths)
    .map(([path, calls]) => `${path}: ${calls}`)
    .join(', ');
}

function counts(paths: readonly (string | null)[]): Counts {
  const found: Counts = {};
  for (const path of paths) found[path ?? 'none'] = (found[path ?? 'none'] ?? 0) + 1;
  return found;
}
