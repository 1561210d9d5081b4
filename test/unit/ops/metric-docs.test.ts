import { readFileSync } from 'node:fs';
import path from 'node:path';
import { metricTable } from '../../../lib/ops/metric-table';

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
