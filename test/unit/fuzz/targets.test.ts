import { feedMany, type Tally } from '../../fuzz/feeding';
import { footprint, maxHeapGrowth } from '../../fuzz/growth';
import { quickTargets } from '../../fuzz/targets';

const seed = 6544;

describe.each(quickTargets.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  test('D9, C2: 10,000 random, cut off and mutated inputs each have a definite result, and leave nothing behind', async () => {
    const warmUp = await target.start();
    await feedMany(target, warmUp, { cases: 500, seed: seed + 1, tally: new Map() });
    await warmUp.end();
    const before = await footprint();

    const run = await target.start();
    const tally: Tally = new Map();
    await feedMany(target, run, { cases: 10_000, seed, tally });
    await run.end();

    const after = await footprint();
    expect([...tally.values()].reduce((sum, count) => sum + count)).toBe(10_000);
    expect(tally.size).toBeGreaterThan(2);
    expect(after.heap - before.heap).toBeLessThan(maxHeapGrowth);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
  }, 120_000);
});
