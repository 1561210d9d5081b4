import { Holdings } from '../../../lib/shares/holdings';

test('N3: one name holds no more than it may, and others what they may', () => {
  const held = new Holdings();
  expect([held.take('a', 2), held.take('a', 2), held.take('a', 2), held.take('b', 2)]).toEqual([
    ...[true, true, false],
    true,
  ]);
  held.giveBack('a');
  expect([held.take('a', 2), held.take('a', 2)]).toEqual([true, false]);
});

test('several at once are taken all or not at all', () => {
  const held = new Holdings();
  expect([held.take('a', 5, 3), held.take('a', 5, 3), held.of('a')]).toEqual([true, false, 3]);
  held.giveBack('a', 3);
  expect(held.of('a')).toBe(0);
});

test('what is given back twice is not owed', () => {
  const held = new Holdings();
  held.take('a', 5);
  held.giveBack('a', 3);
  expect(held.of('a')).toBe(0);
});
