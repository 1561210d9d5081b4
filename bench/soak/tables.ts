import { metricTable } from '../../lib/ops/metric-table';

/** What is no table: it says how much there may be, how busy the edge is, or is told by other figures. */
const others = /_(limit|seconds|bytes|up|info|ready|connected|answering)$|^process_/;

const tables = Object.entries(metricTable).flatMap(([name, { type }]) =>
  type === 'gauge' && !others.test(name) ? [name] : [],
);

/** The sizes of the edge's tables in what /metrics says, by name and labels. */
export function tablesIn(metrics: string): Record<string, number> {
  return Object.fromEntries(samplesIn(metrics).filter(([name]) => tables.includes(name.replace(/\{.*/, ''))));
}

/** One value without labels. Throws a RangeError where it is missing. */
export function valueIn(metrics: string, name: string): number {
  const [, value] = samplesIn(metrics).find(([each]) => each === name) ?? [];
  if (value === undefined) throw new RangeError(`/metrics has no ${name}`);
  return value;
}

function samplesIn(metrics: string): [name: string, value: number][] {
  return [...metrics.matchAll(/^([a-z]\S*(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name = '', value]) => [
    name,
    Number(value),
  ]);
}
