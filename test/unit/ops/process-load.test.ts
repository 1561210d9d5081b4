import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFiles, threadTimes } from '../../../lib/ops/process-load';

const stat = (id: number, name: string, user: number, system: number) =>
  `${id} (${name}) S 1 2 3 4 5 6 7 8 9 10 ${user} ${system} 0 0 20 0 9 0 1 2 3\n`;

test('I4: threads are told apart by their names, in the order of their start', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'edge80-'));
  const threads: [number, string][] = [
    [9, 'edge80-media'],
    [10, 'a) b (c'],
    [101, 'edge80-media'],
  ];
  for (const [id, name] of threads) {
    mkdirSync(path.join(folder, String(id)));
    writeFileSync(path.join(folder, String(id), 'stat'), stat(id, name, id, 100));
  }
  expect(await threadTimes('edge80-media', folder)).toEqual([
    { thread: '0', seconds: 1.09 },
    { thread: '1', seconds: 2.01 },
  ]);
  expect(await threadTimes('a) b (c', folder)).toEqual([{ thread: '0', seconds: 1.1 }]);
  rmSync(folder, { recursive: true });
  expect(await threadTimes('edge80-media', folder)).toEqual([]);
});

test('I4: of this process, too', async () => {
  const name = readFileSync(`/proc/self/task/${process.pid}/comm`, 'latin1').trim();
  const [main] = await threadTimes(name);
  expect(main?.seconds).toBeGreaterThan(0);
  expect(await openFiles()).toBeGreaterThan(2);
});
