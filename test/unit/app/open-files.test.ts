import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { connectionRoom, openFilesLimit, roomHere } from '../../../app/open-files';
import { defaultLimits as accessLimits } from '../../../lib/access/limits';
import { defaultLimits as gatewayLimits } from '../../../lib/gateway/limits';
import { createLogger } from '../../../lib/ops/logger';

const all = { ues: accessLimits.connections, media: gatewayLimits.connections };

test.each([
  ['Max open files            1024                 524288               files', 1024],
  ['Max open files            unlimited            unlimited            files', undefined],
  ['Max processes             100                  100                  processes', undefined],
])('the limit of open files is that of the process: %s', (line, limit) => {
  expect(openFilesLimit(() => `Limit  Soft Limit  Hard Limit  Units\n${line}\nMax x  1  1  y\n`)).toBe(limit);
});

test('where there is no such file it is not known', () => {
  expect(openFilesLimit(() => readFileSync('/nowhere', 'latin1'))).toBeUndefined();
  expect(openFilesLimit()).toBeGreaterThan(0);
});

test('Z2: with enough open files all connections fit; with fewer each side has its half, or what the other leaves', () => {
  expect(connectionRoom(1_048_576, 2, 1000)).toEqual(all);
  // The case that was seen: 9,984 UEs took all that there was.
  expect(connectionRoom(20_000, 1, 0)).toEqual({ ues: 4936, media: 9872 });
  expect(connectionRoom(1024, 2, 1000)).toEqual({ ues: 192, media: 144 });
  expect(connectionRoom(41_000, 1, 0)).toEqual(all);
  expect(connectionRoom(35_256, 1, 0)).toEqual({ ues: 8750, media: 17_500 });
});

test('Z2: whatever the limit is, the connections fit into it', () => {
  const limit = fc.integer({ min: 300, max: 100_000 });
  fc.assert(
    fc.property(limit, fc.constantFrom(1, 2), fc.nat(2000), (openFiles, perMedia, sessions) => {
      const { ues, media } = connectionRoom(openFiles, perMedia, sessions);
      expect(2 * ues + perMedia * media).toBeLessThanOrEqual(openFiles - 256);
      expect(Math.min(ues, media)).toBeGreaterThan(0);
    }),
  );
});

test('Z2: the log says at start how many UEs fit', () => {
  const lines: object[] = [];
  const logger = createLogger('info', { write: (line: string) => lines.push(JSON.parse(line) as object) });
  const room = roomHere(1, 0, logger);
  expect(lines).toMatchObject([{ openFiles: openFilesLimit(), ...room }]);
});
