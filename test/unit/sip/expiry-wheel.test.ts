import { ExpiryWheel } from '../../../lib/sip/expiry-wheel';

let wheel: ExpiryWheel<string>;
let now: number;
let expired: string[];

beforeEach(() => {
  jest.useFakeTimers();
  now = 0;
  expired = [];
  wheel = new ExpiryWheel(
    () => now,
    (item) => expired.push(item),
  );
});

afterEach(() => {
  wheel.close();
  jest.useRealTimers();
});

/** What comes off with the turn at that time, ms. */
function at(time: number): string[] {
  now = time;
  expired = [];
  jest.advanceTimersByTime(1000);
  return expired;
}

test('nothing comes off before its time, and each comes off once', () => {
  wheel.add('late', 61_500);
  wheel.add('soon', 1000);
  wheel.add('sooner', 700);
  expect(at(699)).toEqual([]);
  expect(at(1000)).toEqual(['soon', 'sooner']);
  expect(at(61_499)).toEqual([]);
  expect(at(62_000)).toEqual(['late']);
  expect([at(1e9), jest.getTimerCount()]).toEqual([[], 0]);
});

test('a wheel that stood still lets nothing stay', () => {
  wheel.add('first', 1000);
  wheel.add('second', 500_000);
  expect(at(3_600_000)).toEqual(['first', 'second']);
});

test('what is added with its time over comes off with the next turn', () => {
  wheel.add('other', 50_000);
  at(10_000);
  wheel.add('over', 2000);
  expect(at(10_000)).toEqual(['over']);
});

test('what was taken off does not come off, and leaves nothing', () => {
  wheel.add('one', 1500);
  wheel.add('other', 1500);
  wheel.delete('one', 1500);
  wheel.delete('one', 1500);
  wheel.delete('never there', 90_000);
  expect(at(2000)).toEqual(['other']);
  wheel.add('last', 5000);
  wheel.delete('last', 5000);
  expect(jest.getTimerCount()).toBe(0);
});

test('a wheel that was empty turns again', () => {
  wheel.add('one', 1000);
  at(1000);
  wheel.add('other', 3000);
  expect(at(3000)).toEqual(['other']);
});

test('nothing comes off once it is closed', () => {
  wheel.add('one', 1000);
  wheel.close();
  expect(at(5000)).toEqual([]);
});
