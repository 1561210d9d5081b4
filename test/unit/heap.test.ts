import fc from 'fast-check';
import { Heap } from '../../lib/heap';

test('whatever came, changed its rank or left, the first item is the one that ranks before all others', () => {
  const step = fc.record({ kind: fc.constantFrom('settle', 'remove'), item: fc.nat(15), rank: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const items = Array.from({ length: 16 }, (_, name) => ({ name, rank: 0, index: -1 }));
      const isBefore = (one: (typeof items)[0], other: (typeof items)[0]) =>
        one.rank > other.rank || (one.rank === other.rank && one.name < other.name);
      const heap = new Heap(isBefore);
      const inside = new Set<(typeof items)[0]>();
      for (const { kind, item, rank } of steps) {
        const one = items[item]!;
        if (kind === 'settle') {
          one.rank = rank;
          heap.settle(one);
          inside.add(one);
        } else {
          heap.remove(one);
          inside.delete(one);
        }
        expect(heap.first).toBe([...inside].sort((a, b) => (isBefore(a, b) ? -1 : 1))[0]);
      }
    }),
  );
});
