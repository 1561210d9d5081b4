import { TwoSenders } from '../../../lib/media/two-senders';
import type { LineStatistics } from '../../../lib/rtpengine/call-statistics';

const ue = { address: '203.0.113.5', port: 50000 };
const other = { address: '203.0.113.66', port: 50000 };
const gateway = { address: '198.51.100.1', port: 40001 };

describe('C18: two addresses send as the UE of a call', () => {
  let time: number;
  let errors: number;
  let senders: TwoSenders;

  beforeEach(() => {
    time = 0;
    errors = 0;
    senders = new TwoSenders(
      ({ endpoint }) => endpoint?.address === gateway.address,
      () => time,
      3000,
    );
  });

  const line = (endpoint: LineStatistics['endpoint'], confirmed = true): LineStatistics => ({
    ...{ endpoint, confirmed, errors, localAddress: gateway.address, packets: 10, rttMs: undefined },
  });
  /** A look 4 s after the one before; so many packets were not taken since. */
  function look(endpoint: LineStatistics['endpoint'], strays = 0, confirmed?: boolean, pause = 4000): boolean {
    time += pause;
    errors += strays;
    return senders.look(new Map([[0, { access: line(endpoint, confirmed), core: undefined }]]));
  }
  const looks = (...at: Parameters<typeof look>[]) => at.map((each) => look(...each));

  test('the media went elsewhere, and what another sends is dropped (10.5)', () => {
    expect(looks([ue], [ue], [other, 100], [other, 100])).toEqual([false, false, false, true]);
  });

  test('the media goes by turns to whoever was heard last (mr26)', () => {
    expect(looks([ue], [other], [ue], [other])).toEqual([false, false, false, true]);
  });

  test('of a UE on TCP, which has another port with each nomination', () => {
    const at = (port: number) => ({ ...gateway, port });
    expect(looks([at(1)], [other], [at(2)], [other], [at(3)])).toEqual([false, false, false, true, false]);
  });

  test('not where the UE has moved: what was on its way is dropped once', () => {
    expect(looks([ue], [other, 40], [other, 2], [other, 2], [other, 2])).not.toContain(true);
  });

  test('not by looks one right after the other, while the media is taken back for a UE on TCP', () => {
    expect(looks([gateway], ...[1, 2, 3].map(() => [other, 100, true, 500] as Parameters<typeof look>))).not.toContain(
      true,
    );
    expect(look(gateway)).toBe(false);
  });

  test('not where it moved there and back', () => {
    expect(looks([ue], [gateway], [ue], [ue], [ue])).not.toContain(true);
  });

  test('not by a stranger who sends to rtpengine’s port alone: of a UE on UDP, and of one that went to TCP', () => {
    expect(looks([ue], [ue, 100], [ue, 100], [gateway, 100], [gateway, 100], [gateway, 100])).not.toContain(true);
  });

  test('not before the UE was heard, nor where rtpengine has no place of it yet', () => {
    const nowhere = { address: '127.0.0.1', port: 9 };
    expect(looks([nowhere], [ue], [nowhere], [ue], [nowhere], [ue])).not.toContain(true);
    senders.forget();
    expect(looks([ue, 0, false], [other, 0, false], [ue, 0, false], [other, 0, false])).not.toContain(true);
  });

  test('an offer and answer makes all that was seen before void', () => {
    expect(looks([ue], [other], [ue])).not.toContain(true);
    senders.forget();
    expect(look(other)).toBe(false);
  });

  test('of each line by itself', () => {
    const both = (...endpoints: LineStatistics['endpoint'][]) => {
      time += 4000;
      return senders.look(
        new Map(endpoints.map((endpoint, index) => [index, { access: line(endpoint), core: undefined }])),
      );
    };
    const seen = [both(ue, other), both(other, ue), both(ue, ue), both(ue, other)];
    expect(seen).toEqual([false, false, false, false]);
    expect(both(other, other)).toBe(true);
  });

  test('is told of ever less often while it goes on', () => {
    const told: number[] = [];
    while (time < 600_000) if (look(time % 8000 === 0 ? ue : other)) told.push(time / 1000);
    expect(told.slice(1).map((at, index) => at - told[index]!)).toEqual([20, 40, 80, 160]);
  });

  test('what is remembered of a line is bounded', () => {
    for (let port = 1; port < 1000; port++) expect(look({ ...other, port })).toBe(false);
    expect(looks([{ ...other, port: 1 }], [{ ...other, port: 2 }], [{ ...other, port: 3 }])).not.toContain(true);
  });
});
