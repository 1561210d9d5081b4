import type { CallRecord } from '../../../lib/calls/call';
import { CallHistory } from '../../../lib/calls/call-history';
import { Ladder, ladderLimits } from '../../../lib/calls/ladder';
import type { Evidence } from '../../../lib/calls/evidence';

const step = (what: string, more?: string) => ({
  ...{ at: 1, from: 'ue' as const, to: 'edge' as const, what },
  ...(more !== undefined && { more }),
});

const ended = (id: string, ladder: Ladder) => ({
  ...{ record: { id } as CallRecord, evidence: {} as Evidence, ladder, counts: [] },
});

describe('the ladder of a call', () => {
  test('I10: keeps the first steps and the last, and says how many are left out', () => {
    const ladder = new Ladder({ take: () => true });
    for (let i = 0; i < 500; i++) ladder.add(step(`step ${i}`));
    const { first, last } = ladderLimits;
    expect(ladder.events).toHaveLength(first + last);
    expect([ladder.events[0]?.what, ladder.events.at(-1)?.what]).toEqual(['step 0', 'step 499']);
    expect(ladder.missed).toBe(500 - first - last);
  });

  test('I10: is bounded in bytes, whatever a step says', () => {
    const ladder = new Ladder({ take: () => true });
    for (let i = 0; i < 500; i++) ladder.add(step('x'.repeat(9999), 'y'.repeat(99_999)));
    expect(ladder.bytes).toBeLessThanOrEqual(ladderLimits.bytes);
    ladder.add(step('the end'));
    expect(ladder.events.at(-1)?.what).toBe('the end');
    expect(ladder.missed).toBeGreaterThan(400);
  });
});

describe('the calls that have ended', () => {
  test('I10: leave no bytes behind, though one of them has a late step', () => {
    const history = new CallHistory({ calls: 1, bytes: 99_999 });
    const ladder = history.ladder();
    ladder.add(step('early'));
    history.add(ended('a', ladder));
    history.add(ended('b', history.ladder()));
    ladder.add(step('late'));
    expect(history.bytes).toBe(0);
  });

  test('I10: are the last so many, the newest first', () => {
    const history = new CallHistory({ calls: 2, bytes: 99_999 });
    for (const id of ['a', 'b', 'c']) history.add(ended(id, history.ladder()));
    expect(history.ended().map(({ record }) => record.id)).toEqual(['c', 'b']);
    expect([history.get('a'), history.get('c')?.record.id]).toEqual([undefined, 'c']);
  });

  test('I10: make room for those under way where the memory of all is full, the oldest first', () => {
    const history = new CallHistory({ calls: 9, bytes: 1000 });
    for (const id of ['a', 'b']) {
      const ladder = history.ladder();
      for (let i = 0; i < 3; i++) ladder.add(step('12345678901234567890'));
      history.add(ended(id, ladder));
    }
    const ladder = history.ladder();
    ladder.add(step('1234567890'.repeat(20)));
    expect(history.ended().map(({ record }) => record.id)).toEqual(['b']);
    for (let i = 0; i < 9; i++) ladder.add(step('1234567890'.repeat(20)));
    expect(history.ended()).toEqual([]);
    expect(history.bytes).toBeLessThanOrEqual(1000);
    expect(ladder.missed).toBeGreaterThan(0);
  });
});

test('I10: where no memory is given to ladders, nothing is kept of a call, and no other call is forgotten for it', () => {
  const history = new CallHistory({ calls: 2, bytes: 0 });
  const ladder = history.ladder();
  ladder.add({ at: 0, from: 'ue', to: 'edge', what: 'INVITE' });
  expect([ladder.isKept, ladder.events, ladder.missed, history.bytes]).toEqual([false, [], 0, 0]);
});
