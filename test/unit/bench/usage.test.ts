import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { toldUsage } from '../../../bench/program';

const folder = path.join(__dirname, '../../../bench');
const benches = readdirSync(folder).filter(
  (name) => name.endsWith('.ts') && readFileSync(path.join(folder, name)).includes('runBench(__filename'),
);

let told: string;

beforeEach(() => {
  told = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    told += text.toString();
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

test('O10: each bench of package.json tells its usage', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(folder, '../package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const known = Object.keys(scripts).flatMap((name) => /^bench:(.+)$/.exec(name)?.[1] ?? []);
  expect(benches.map((name) => path.parse(name).name).sort()).toEqual(known.sort());
});

test.each(benches)('O10: %s --help names each option', (name) => {
  const program = path.join(folder, name);
  expect(toldUsage(program, ['--json', '--help'])).toBe(true);
  const isShown = told;
  const table = /options: \{\n(.*?)\n {4}\},/s.exec(readFileSync(program, 'utf8'))?.[1] ?? '';
  const options = [...table.matchAll(/^ {6}'?([\w-]+)'?: /gm)].map(([, option]) => option);
  expect(options.length).toBeGreaterThan(2);
  const missing = options.filter((option) => !isShown.includes(`--${option}`));
  expect(missing).toEqual([]);
  expect(isShown).not.toMatch(/^ \*/m);
});

test('nothing is told where nobody asks', () => {
  expect(toldUsage(path.join(folder, 'relay.ts'), ['--json'])).toBe(false);
  expect(told).toBe('');
});
