import { parseCandidate, type Candidate } from '../../../lib/sdp/candidate';
import { formPairs } from '../../../lib/ue/candidate-pair';
import { CheckList, checkTiming, type Check } from '../../../lib/ue/check-list';

function candidates(...lines: string[]): Candidate[] {
  return lines.map((line) => parseCandidate(`candidate:${line}`)).filter((candidate) => candidate !== undefined);
}

const pairs = formPairs(
  candidates('1 1 UDP 2130706431 203.0.113.2 4000 typ host', '2 1 TCP 99 203.0.113.2 9 typ host tcptype active'),
  candidates(
    '3 1 UDP 2130706431 198.51.100.1 30000 typ host',
    '4 1 TCP 8388863 198.51.100.1 80 typ host tcptype passive',
  ),
);
const pace = 50;

/** What the network does with a check: `answer` after so many ms, `refuse`, or silence. */
type Network = Partial<Record<'udp' | 'tcp80', { answerAfter: number; lost?: number } | 'refused'>>;

/** Runs a list on a clock of its own and tells what was sent and selected, and when. */
function run(network: Network, list = new CheckList(pairs), from = 0, for_ = 60_000) {
  const sent: string[] = [];
  const pending: { at: number; check: Check }[] = [];
  const send = (check: Check, now: number) => {
    const { path } = check.pair;
    sent.push(`${now} ${path}${check.nominating ? ' nominating' : ''}${check.attempt > 1 ? ` #${check.attempt}` : ''}`);
    const behaviour = network[path as 'udp' | 'tcp80'];
    if (behaviour === 'refused') list.failure(check, 'connection refused');
    else if (behaviour !== undefined && check.attempt > (behaviour.lost ?? 0)) {
      pending.push({ at: now + behaviour.answerAfter, check });
    }
  };
  for (let now = from; now <= from + for_; now += pace) {
    for (const { check } of pending.filter(({ at }) => at <= now)) {
      if (list.success(check, now)) return { sent, selected: check.pair.path, at: now, list };
    }
    pending.splice(0, pending.length, ...pending.filter(({ at }) => at > now));
    for (const check of list.due(now).again) send(check, now);
    const check = list.next(now);
    if (check !== undefined) send(check, now);
    if (list.failed) return { sent, selected: undefined, at: now, list };
  }
  return { sent, selected: undefined, at: Infinity, list };
}

describe('the check list of a stream', () => {
  it('A6: UDP open: selects UDP without waiting for TCP', () => {
    const { sent, selected } = run({ udp: { answerAfter: 40 }, tcp80: { answerAfter: 200 } });
    expect(sent).toEqual(['0 udp', '50 udp nominating']);
    expect(selected).toBe('udp');
  });

  it('A6: UDP dropped: checks UDP first, nominates TCP 80 half a second after it turned valid', () => {
    const { sent, selected } = run({ tcp80: { answerAfter: 40 } });
    expect(sent).toEqual(['0 udp', '50 tcp80', '500 udp #2', '600 tcp80 nominating']);
    expect(selected).toBe('tcp80');
  });

  it('A6: the first UDP check lost: the second one still wins over TCP 80', () => {
    expect(run({ udp: { answerAfter: 40, lost: 1 }, tcp80: { answerAfter: 40 } }).selected).toBe('udp');
  });

  it('UDP refused at once: TCP 80 is nominated as soon as it is valid', () => {
    const { sent } = run({ udp: 'refused', tcp80: { answerAfter: 40 } });
    expect(sent).toEqual(['0 udp', '50 tcp80', '100 tcp80 nominating']);
  });

  it('repeats a UDP check at the times of RFC 8489 §6.2.1, and never one over TCP', () => {
    const patient = new CheckList(pairs, { ...checkTiming, giveUp: Infinity });
    const { sent, at } = run({}, patient);
    expect(sent.filter((line) => line.includes('udp')).map((line) => Number(line.split(' ')[0]))).toEqual([
      0, 500, 1500, 3500, 7500, 15500, 31500,
    ]);
    expect(sent.filter((line) => line.includes('tcp80'))).toEqual(['50 tcp80']);
    expect(at).toBe(39_550);
  });

  it('gives up when nothing was valid in time, and says what became of each pair', () => {
    const { at, list } = run({ tcp80: 'refused' });
    expect(at).toBe(checkTiming.giveUp);
    expect(list.outcomes.map(({ pair, state, reason, unanswered }) => [pair.path, state, reason, unanswered])).toEqual([
      ['udp', 'in-progress', undefined, 5],
      ['tcp80', 'failed', 'connection refused', 0],
    ]);
  });

  it('fails at once where there is no pair', () => {
    expect(new CheckList([]).failed).toBe(true);
  });

  it('nominates the next best pair when a nomination fails', () => {
    const list = new CheckList(pairs);
    for (const check of [list.next(0)!, list.next(50)!]) expect(list.success(check, 60)).toBe(false);
    const nomination = list.next(100)!;
    expect([nomination.pair.path, nomination.nominating]).toEqual(['udp', true]);
    list.failure(nomination, 'no answer');
    const second = list.next(150)!;
    expect([second.pair.path, second.nominating]).toEqual(['tcp80', true]);
    expect(list.success(second, 160)).toBe(true);
  });

  it('selects the same pair anew after its connection was lost', () => {
    const { list, at } = run({ tcp80: { answerAfter: 40 } });
    list.reselect(pairs[1]!, at);
    expect(list.selected).toBeUndefined();
    const again = run({ tcp80: { answerAfter: 40 } }, list, at);
    expect(again.sent).toEqual([`${at} tcp80`, `${at + 50} tcp80 nominating`]);
    expect(again.selected).toBe('tcp80');
  });

  it('takes no late answer for a check that is over', () => {
    const list = new CheckList(pairs);
    const check = list.next(0)!;
    list.failure(check, 'no answer');
    expect(list.success(check, 10)).toBe(false);
    expect(list.outcomes[0]?.state).toBe('failed');
  });
});
