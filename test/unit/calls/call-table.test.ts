import type { CallMedia, CallMediaEvents, MediaAnchor, StreamReport } from '../../../lib/media/media-anchor';
import { EventEmitter } from 'node:events';
import type { CallRecord } from '../../../lib/calls/call';
import { CallTable } from '../../../lib/calls/call-table';

/** An anchor that tells what is released, and with what reports. */
class ReleasingAnchor implements MediaAnchor {
  released = 0;
  reports: StreamReport[] = [];

  open(): CallMedia {
    const release = () => {
      this.released += 1;
      return Promise.resolve(this.reports);
    };
    const none = () => Promise.reject(new Error('nothing is negotiated'));
    const media = { offer: none, answer: none, rollback: none, restartIce: none, look: none, release };
    return Object.assign(new EventEmitter<CallMediaEvents>(), media);
  }
}

afterEach(() => jest.restoreAllMocks());

describe('the table of calls', () => {
  test('holds a call until it ends, and its media is released once', async () => {
    const anchor = new ReleasingAnchor();
    const calls = new CallTable(1);
    const call = calls.open({ direction: 'originating', sipCallId: 'id@ue', ueAddress: '198.51.100.2' }, anchor);
    expect(calls.size).toBe(1);
    expect([call.end('hung-up'), call.end('link-lost')]).toEqual([true, false]);
    await calls.settled();
    expect(anchor.released).toBe(1);
    expect(calls.size).toBe(0);
  });

  test('is bounded', () => {
    const calls = new CallTable(1);
    const call = calls.open(
      { direction: 'originating', sipCallId: 'a', ueAddress: '198.51.100.2' },
      new ReleasingAnchor(),
    );
    expect(() =>
      calls.open({ direction: 'originating', sipCallId: 'b', ueAddress: '198.51.100.2' }, new ReleasingAnchor()),
    ).toThrow(expect.objectContaining({ code: 'too-many-calls', sipStatus: 503 }));
    call.end('hung-up');
    expect(
      calls.open({ direction: 'terminating', sipCallId: 'b', ueAddress: '198.51.100.2' }, new ReleasingAnchor()).facts
        .direction,
    ).toBe('terminating');
  });

  test('ends all calls and tells each once', async () => {
    const calls = new CallTable(9);
    const ends: string[] = [];
    for (const id of ['a', 'b']) {
      const call = calls.open(
        { direction: 'originating', sipCallId: id, ueAddress: '198.51.100.2' },
        new ReleasingAnchor(),
      );
      call.onEnd((cause) => ends.push(`${id} ${cause}`));
      call.onEnd(() => ends.push('never'))();
    }
    await calls.endAll('shutdown');
    await calls.endAll('link-lost');
    expect(ends).toEqual(['a shutdown', 'b shutdown']);
  });

  test('N8, X18: leaves a record of each call, right whatever is done to the clock, with what became of its streams', async () => {
    const anchor = new ReleasingAnchor();
    const report: StreamReport = {
      line: 0,
      path: 'tcp80',
      remote: { address: '198.51.100.2', port: 50000 },
      tcpReason: 'udp-unanswered',
      quality: { access: { loss: 0.01, jitterMs: 3 }, core: undefined },
      rttMs: 12,
      reconnects: 1,
      dropped: 2,
      packets: { access: 3, core: 4 },
    };
    anchor.reports = [report];
    let elapsed = 20;
    jest.spyOn(performance, 'now').mockImplementation(() => elapsed);
    jest.spyOn(Date, 'now').mockReturnValue(1000);
    const calls = new CallTable(1);
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
});
