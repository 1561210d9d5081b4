import { readFileSync } from 'node:fs';
import path from 'node:path';
import { verdictRows } from '../../../lib/calls/verdicts';

test('I10: docs/operate.md lists every verdict, in the order and the words of the table', () => {
  const page = readFileSync(path.join(__dirname, '../../../docs/operate.md'), 'utf8');
  const section = page.slice(page.indexOf('### Verdicts'), page.indexOf('## Call records'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(cells).toEqual(
    verdictRows.map(({ id, is, evidence, help }) => [`\`${id}\``, is, evidence.replaceAll('|', '\\|'), help]),
  );
});
