import { ExpiryWheel } from '../../../lib/sip/expiry-wheel';

let wheel: ExpiryWheel<string>;

beforeEach(() => {
  wheel = new ExpiryWheel();
});

test('nothing comes off before its time, and each comes off once', () => {
  wheel.add('late', 61_500);
  wheel.add('soon', 1000);
  wheel.add('sooner', 700);
  expect(wheel.turn(699)).toEqual([]);
  expect(wheel.turn(1000)).toEqual(['soon', 'sooner']);
  expect(wheel.turn(61_499)).toEqual([]);
  expect(wheel.turn(62_000)).toEqual(['late']);
  expect([wheel.turn(1e9), wheel.isEmpty]).toEqual([[], true]);
});

test('a wheel that stood still lets nothing stay', () => {
  wheel.add('first', 1000);
  wheel.add('second', 500_000);
  expect(wheel.turn(3_600_000)).toEqual(['first', 'second']);
});

test('what is added with its time over comes off with the next turn', () => {
  wheel.add('other', 50_000);
  wheel.turn(10_000);
  wheel.add('over', 2000);
  expect(wheel.turn(10_000)).toEqual(['over']);
});

test('what was taken off does not come off, and leaves nothing', () => {
  wheel.add('one', 1500);
  wheel.add('other', 1500);
  wheel.delete('one', 1500);
  wheel.delete('one', 1500);
  wheel.delete('never there', 90_000);
  expect(wheel.turn(2000)).toEqual(['other']);
  wheel.add('last', 5000);
  wheel.delete('last', 5000);
  expect(wheel.isEmpty).toBe(true);
});
