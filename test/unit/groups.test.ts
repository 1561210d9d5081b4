import { Groups } from '../../lib/groups';

test('a key has its items once each, and is forgotten with the last', () => {
  const groups = new Groups<string, number>();
  groups.add('a', 1);
  groups.add('a', 2);
  groups.add('a', 2);
  groups.add('b', 3);
  expect([groups.of('a'), groups.of('b'), groups.of('c')]).toEqual([[1, 2], [3], []]);
  groups.delete('a', 1);
  groups.delete('c', 1);
  expect([groups.of('a'), groups.has('a'), groups.has('c')]).toEqual([[2], true, false]);
  groups.delete('a', 2);
  expect(groups.has('a')).toBe(false);
});

test('items may be taken out while they are gone through', () => {
  const groups = new Groups<string, number>();
  for (const item of [1, 2, 3]) groups.add('a', item);
  for (const item of groups.of('a')) groups.delete('a', item);
  expect(groups.has('a')).toBe(false);
});
