import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { metricTable } from '../../../lib/ops/metric-table';
import { withPromtool } from './with-promtool';

/** Cells of the rows of docs/operate.md that begin with a name in backquotes like this. */
function rows(name: RegExp): string[][] {
  const page = readFileSync(path.join(__dirname, '../../../docs/operate.md'), 'utf8');
  return page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first = '']) => name.test(first));
}

test('I4: docs/operate.md lists every metric, in the words of the table', () => {
  const wanted = Object.entries(metricTable).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  expect(rows(/^`(edge80|process)_/)).toEqual(wanted);
});

const rules = readFileSync(path.join(__dirname, '../../../monitoring/edge80.rules.yml'), 'utf8');

/** Each alert as monitoring/edge80.rules.yml has it, whose lines are broken anywhere. */
const alerts = rules
  .split('- alert: ')
  .slice(1)
  .map((text) => {
    const flat = text.replace(/\s+/g, ' ');
    const [, name = '', expr = '', severity = '', summary = '', runbook = ''] =
      /^(\w+) expr: >- (.+) for: \w+ labels: \{ severity: (\w+) \} annotations: summary: (.+) runbook: >- (.+?) ?$/.exec(
        flat,
      ) ?? [];
    return { name, expr, severity, summary, runbook };
  });

test('I4: docs/operate.md lists every alert, in the words of its rule', () => {
  expect(alerts.length).toBeGreaterThan(15);
  const wanted = alerts.map(({ name, severity, summary, runbook }) => [`\`${name}\``, severity, summary, runbook]);
  expect(rows(/^`Edge80/)).toEqual(wanted);
});

test('I4: alerts are about metrics that there are', () => {
  const named = alerts.flatMap(({ expr }) => expr.match(/\b(?:edge80|process)_\w+/g) ?? []);
  const unknown = named.filter((name) => !(name.replace(/_(bucket|sum|count)$/, '') in metricTable));
  expect(unknown).toEqual([]);
});

test('I4: the dashboard shows metrics that there are, by labels that they have', () => {
  const dashboard = readFileSync(path.join(__dirname, '../../../monitoring/edge80.dashboard.json'), 'utf8');
  const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets: { expr: string }[] }[] };
  expect(panels.length).toBeGreaterThan(15);
  const known = new Map<string, readonly string[]>(
    Object.entries(metricTable).map(([name, { labels }]) => [name, labels]),
  );
  const always = ['job', 'instance', 'le'];
  for (const { expr } of panels.flatMap(({ targets }) => targets)) {
    const named = (expr.match(/\b(?:edge80|process)_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));
    const labels = [...expr.matchAll(/by \(([^)]*)\)|(\w+)=~?"/g)].flatMap(
      ([, by, one = '']) => by?.split(', ') ?? one,
    );
    const unknown = labels.filter(
      (label) => !named.some((name) => [...always, ...(known.get(name) ?? [])].includes(label)),
    );
    expect({ expr, unknown, missing: named.filter((name) => !known.has(name)) }).toEqual({
      expr,
      unknown: [],
      missing: [],
    });
  }
});

withPromtool('I4: Prometheus takes its configuration', () => {
  const checked = spawnSync('promtool', ['check', 'config', 'monitoring/prometheus.yml'], { encoding: 'utf8' });
  expect([checked.stderr, checked.status]).toEqual(['', 0]);
});

withPromtool('I4: promtool has nothing against the rules, and has them fire when they should', () => {
  const check = spawnSync('promtool', ['check', 'rules', 'monitoring/edge80.rules.yml'], { encoding: 'utf8' });
  expect([check.stderr, check.status]).toEqual(['', 0]);
  const played = spawnSync('promtool', ['test', 'rules', 'test/vectors/alerts/edge80.test.yml'], { encoding: 'utf8' });
  expect([played.stdout, played.status]).toEqual([expect.stringContaining('SUCCESS'), 0]);
});
