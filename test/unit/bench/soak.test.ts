import { nothingDone, sum } from '../../../bench/soak/counts';
import { report, soakResult, type RestingEdge, type SoakRound } from '../../../bench/soak/outcome';
import { tablesIn, valueIn } from '../../../bench/soak/tables';

const resting: RestingEdge = {
  ...{ descriptors: 60, heap: 30 * 2 ** 20, resident: 150 * 2 ** 20, tables: { edge80_calls: 0 }, atRtpengine: 0 },
  ...{ logPerCall: 2000, recordsPerCall: 900, recordsMissing: 0 },
};

/** Nine rounds, of which the figures of each are as `at` says. */
function rounds(at: (index: number) => Partial<RestingEdge>, failures = {}): SoakRound[] {
  return Array.from({ length: 9 }, (_, index) => ({
    counts: { ...nothingDone(), calls: 10, failures },
    after: { ...resting, ...at(index) },
  }));
}

/** What of it grows. */
function growing(at: (index: number) => Partial<RestingEdge>): string[] {
  const { figures, ok } = soakResult(rounds(at), 180);
  const found = figures.filter(({ last, most }) => !(last <= most)).map(({ what }) => what);
  expect(ok).toBe(found.length === 0);
  return found;
}

describe('bench:soak', () => {
  test('I4: what stays flat is well, and so is what grows in the first third alone', () => {
    expect(growing(() => ({}))).toEqual([]);
    expect(
      growing((index) => ({ heap: Math.min(index, 3) * 10 * 2 ** 20, descriptors: 57 + Math.min(index, 3) })),
    ).toEqual([]);
  });

  test.each<[string, (index: number) => Partial<RestingEdge>]>([
    ['descriptors', (index) => ({ descriptors: 60 + index })],
    ['heap, MiB', (index) => ({ heap: (30 + index) * 2 ** 20 })],
    ['resident, MiB', (index) => ({ resident: (150 + 8 * index) * 2 ** 20 })],
    ['edge80_calls', (index) => ({ tables: { edge80_calls: index } })],
    ['calls at rtpengine', (index) => ({ atRtpengine: index > 6 ? 1 : 0 })],
    ['log of a call, bytes', (index) => ({ logPerCall: 2000 + 100 * index })],
    ['record of a call, bytes', (index) => ({ recordsPerCall: 900 + 50 * index })],
    ['calls without a record', (index) => ({ recordsMissing: index > 6 ? 1 : 0 })],
  ])('I4: growing %s are found', (what, at) => {
    expect(growing(at)).toEqual([what]);
  });

  test('I4: a call that fails is told, and none at all is no success', () => {
    const failed = soakResult(
      rounds(() => ({}), { 'No path': 1 }),
      180,
    );
    expect(failed.ok).toBe(false);
    expect(report(failed)).toContain('9 times: No path');
    expect(soakResult([], 0).ok).toBe(false);
    expect(sum([])).toEqual(nothingDone());
  });

  test('I4: tables are the gauges of /metrics that count something', () => {
    const metrics = [
      '# HELP edge80_calls Calls under way.',
      'edge80_calls 2',
      'edge80_calls_limit 5000',
      'edge80_gateway_streams{state="used"} 3',
      'edge80_sip_server_unread_bytes 10',
      'edge80_heap_used_bytes 31457280',
      'edge80_calls_ended_total{direction="originating",answered="true",cause="bye"} 7',
    ].join('\n');
    expect(tablesIn(metrics)).toEqual({ edge80_calls: 2, 'edge80_gateway_streams{state="used"}': 3 });
    expect(valueIn(metrics, 'edge80_heap_used_bytes')).toBe(31_457_280);
    expect(() => valueIn(metrics, 'edge80_nothing')).toThrow(RangeError);
  });
});
