import type { MediaAnchorEvents, Side, StreamReport } from '../../../lib/media/media-anchor';
import { EventEmitter } from 'node:events';
import type { CallRecord } from '../../../lib/calls/call';
import { CallTable } from '../../../lib/calls/call-table';

/** An anchor whose offers and answers wait until the test lets them through. */
class SlowAnchor {
  readonly log: string[] = [];
  reports: StreamReport[] = [];
  readonly #waiting: (() => void)[] = [];

  offer(_call: string, from: Side): Promise<string> {
    return this.#wait(`offer ${from}`);
  }

  answer(_call: string, from: Side): Promise<string> {
    return this.#wait(`answer ${from}`);
  }

  async rollback(): Promise<void> {
    await this.#wait('rollback');
  }

  restartIce(): Promise<string | undefined> {
    return this.#wait('restart');
  }

  release(): Promise<StreamReport[]> {
    this.log.push('release');
    return Promise.resolve(this.reports);
  }

  letThrough(): void {
    this.#waiting.shift()?.();
  }

  async #wait(what: string): Promise<string> {
    this.log.push(what);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.log.push(`${what} done`);
    return 'sdp';
  }
}

afterEach(() => jest.restoreAllMocks());

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the table of calls', () => {
  test('holds a call until it ends, and its media is released once', async () => {
    const anchor = new SlowAnchor();
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open({ direction: 'originating', sipCallId: 'id@ue', ueAddress: '198.51.100.2' }, anchor);
    expect(calls.size).toBe(1);
    expect([call.end('hung-up'), call.end('link-lost')]).toEqual([true, false]);
    await calls.settled();
    expect(anchor.log).toEqual(['release']);
    expect(calls.size).toBe(0);
  });

  test('is bounded', () => {
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open({ direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' }, new SlowAnchor());
    expect(() =>
      calls.open({ direction: 'originating', sipCallId: 'b', ueAddress: '198.51.100.2' }, new SlowAnchor()),
    ).toThrow(expect.objectContaining({ code: 'too-many-calls', sipStatus: 503 }));
    call.end('hung-up');
    expect(
      calls.open({ direction: 'terminating', sipCallId: 'b', ueAddress: '198.51.100.2' }, new SlowAnchor()).facts
        .direction,
    ).toBe('terminating');
  });

  test('a call that ends in the middle of an offer is released after it, and what waits is not asked', async () => {
    const anchor = new SlowAnchor();
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open({ direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' }, anchor);
    const offer = call.offer('access', 'sdp');
    const answer = call.answer('core', 'sdp');
    await turn();
    call.end('cancelled');
    await turn();
    expect(anchor.log).toEqual(['offer access']);
    anchor.letThrough();
    await expect(offer).rejects.toMatchObject({ code: 'call-ended', sipStatus: 487 });
    await expect(answer).rejects.toMatchObject({ code: 'call-ended' });
    await calls.settled();
    expect(anchor.log).toEqual(['offer access', 'offer access done', 'release']);
  });

  test('takes back an offer after what was asked before, and not once it has ended', async () => {
    const anchor = new SlowAnchor();
    const call = new CallTable({ maxCalls: 1 }).open(
      { direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' },
      anchor,
    );
    const offer = call.offer('access', 'sdp');
    const rollback = call.rollback();
    await turn();
    anchor.letThrough();
    await offer;
    await turn();
    anchor.letThrough();
    await rollback;
    call.end('hung-up');
    await call.rollback();
    await call.released();
    expect(anchor.log).toEqual(['offer access', 'offer access done', 'rollback', 'rollback done', 'release']);
  });

  test('ends all calls and tells each once', async () => {
    const calls = new CallTable({ maxCalls: 9 });
    const ends: string[] = [];
    for (const id of ['a', 'b']) {
      const call = calls.open({ direction: 'originating', sipCallId: id, ueAddress: '198.51.100.2' }, new SlowAnchor());
      call.onEnd((cause) => ends.push(`${id} ${cause}`));
      call.onEnd(() => ends.push('never'))();
    }
    await calls.endAll('shutdown');
    await calls.endAll('link-lost');
    expect(ends).toEqual(['a shutdown', 'b shutdown']);
  });

  test('N8, X18: leaves a record of each call, right whatever is done to the clock, with what became of its streams', async () => {
    const anchor = new SlowAnchor();
    const report: StreamReport = {
      line: 0,
      path: 'tcp80',
      remote: { address: '198.51.100.2', port: 50000 },
      rttMs: 12,
      reconnects: 1,
      dropped: 2,
      packets: { access: 3, core: 4 },
    };
    anchor.reports = [report];
    let elapsed = 20;
    jest.spyOn(performance, 'now').mockImplementation(() => elapsed);
    jest.spyOn(Date, 'now').mockReturnValue(1000);
    const calls = new CallTable({ maxCalls: 1 });
    const records: CallRecord[] = [];
    calls.on('ended', (record) => records.push(record));
    const facts = { direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' } as const;
    const call = calls.open(facts, anchor);
    elapsed += 500;
    call.answered();
    // Two hours back.
    jest.spyOn(Date, 'now').mockReturnValue(1000 - 7_200_000);
    elapsed += 1500;
    call.answered();
    call.end('hung-up');
    await calls.settled();
    expect(records).toEqual([
      {
        ...{ ...facts, id: call.id, startedAt: 1000, answeredAt: 1500, endedAt: 3000, cause: 'hung-up' },
        streams: [report],
      },
    ]);
  });

  test('E4: a call is told of the loss of its media until it ends, and no other call is', () => {
    const anchor = new EventEmitter<MediaAnchorEvents>();
    const calls = new CallTable({ maxCalls: 2 });
    calls.follow(anchor);
    const facts = { direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' } as const;
    const [lost, other] = [calls.open(facts, new SlowAnchor()), calls.open(facts, new SlowAnchor())];
    const told: string[] = [];
    lost.onMediaLost(({ line }) => told.push(`lost ${line}`));
    other.onMediaLost(() => told.push('other'));
    const path = { call: lost.id, line: 1, path: 'tcp80', remote: { address: '198.51.100.2', port: 1 } } as const;
    anchor.emit('media-lost', path);
    lost.end('hung-up');
    anchor.emit('media-lost', path);
    expect(told).toEqual(['lost 1']);
  });
});
