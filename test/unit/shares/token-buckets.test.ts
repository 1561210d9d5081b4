import { TokenBuckets } from '../../../lib/shares/token-buckets';

let now: number;
const clock = () => now;
const takes = (buckets: TokenBuckets, name: string, tries: number) =>
  Array.from({ length: tries }, () => buckets.take(name)).filter(Boolean).length;

beforeEach(() => {
  now = 1_000_000;
});

test('N3: a burst at once, then so many a second', () => {
  const buckets = new TokenBuckets({ perSecond: 2, burst: 5 }, clock);
  expect(takes(buckets, 'a', 100)).toBe(5);
  now += 499;
  expect(takes(buckets, 'a', 100)).toBe(0);
  now += 1;
  expect(takes(buckets, 'a', 100)).toBe(1);
  now += 2000;
  expect(takes(buckets, 'a', 100)).toBe(4);
});

test('a long pause gives no more than a burst', () => {
  const buckets = new TokenBuckets({ perSecond: 2, burst: 5 }, clock);
  takes(buckets, 'a', 100);
  now += 3_600_000;
  expect(takes(buckets, 'a', 100)).toBe(5);
});

test('a refusal costs nothing: who goes on trying gets the rate all the same', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, clock);
  takes(buckets, 'a', 1);
  let taken = 0;
  for (let i = 0; i < 1000; i++) {
    now += 10;
    if (buckets.take('a')) taken++;
  }
  expect(taken).toBe(10);
});

test('each name has its own', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 3 }, clock);
  expect([takes(buckets, 'a', 9), takes(buckets, 'b', 9)]).toEqual([3, 3]);
});

test('a reserve is for those who may use it', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 4 }, clock);
  const withReserve = Array.from({ length: 9 }, () => buckets.take('a', 2)).filter(Boolean).length;
  expect([withReserve, takes(buckets, 'a', 9)]).toEqual([2, 2]);
});

test('N3: the names that were not heard for the longest are forgotten, and no others', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, clock, 3);
  for (const name of ['a', 'b', 'c']) buckets.take(name);
  buckets.take('a');
  for (let i = 0; i < 2; i++) buckets.take(`new ${i}`);
  expect(buckets.size).toBe(3);
  expect([buckets.take('a'), buckets.take('b')]).toEqual([false, true]);
});
