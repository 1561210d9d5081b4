import { randomBytes } from 'node:crypto';
import { SeenChecks } from '../../../lib/gateway/seen-checks';

test('C10: of the checks of a stream the last 4096 are known, and which connection sent them', () => {
  const seen = new SeenChecks();
  const ids = Array.from({ length: 5000 }, () => randomBytes(12));
  expect(ids.some((id) => seen.isReplay(id, 1))).toBe(false);
  expect(ids.slice(-4096).every((id) => seen.isReplay(id, 2))).toBe(true);
  expect(ids.slice(-4096).some((id) => seen.isReplay(id, 1))).toBe(false);
  expect(ids.slice(0, 500).some((id) => seen.isReplay(id, 2))).toBe(false);
});
