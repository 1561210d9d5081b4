import { shareLimits, type ShareSizes } from '../../../lib/shares/limits';
import { RequestShares, type RequestKind, type RequestRefusal, type Sender } from '../../../lib/shares/request-shares';

let now: number;

beforeEach(() => {
  now = 1_000_000;
});

/** Requests refused, by the share that was used up. */
let refused: Partial<Record<RequestRefusal, number>>;

function sharesWith(sizes: ShareSizes = {}): RequestShares {
  const shares = new RequestShares(shareLimits(sizes), () => now);
  const refusal = shares.refusal.bind(shares);
  refused = {};
  shares.refusal = (sender, kind) => {
    const why = refusal(sender, kind);
    if (why) refused[why] = (refused[why] ?? 0) + 1;
    return why;
  };
  return shares;
}

const stranger = (source = '192.0.2.1'): Sender => ({ source, ue: undefined });
const registered = (ue = 'sip:alice@ims.example', source = '192.0.2.1'): Sender => ({ source, ue });

/** How many of so many requests of a sender are served. */
function served(shares: RequestShares, sender: Sender, kind: RequestKind, requests: number): number {
  return Array.from({ length: requests }, () => shares.refusal(sender, kind)).filter((why) => why === undefined).length;
}

/** Over so many seconds, as many each second. */
function servedInTime(shares: RequestShares, sender: Sender, kind: RequestKind, each: number, seconds: number): number {
  let all = 0;
  for (let i = 0; i < seconds; i++) {
    all += served(shares, sender, kind, each);
    now += 1000;
  }
  return all;
}

test('X6: of 820 REGISTERs a second of random users from one source no more than its share gets through', () => {
  const { source } = shareLimits();
  const shares = sharesWith();
  const all = servedInTime(shares, stranger(), 'registration', 820, 60);
  expect(all).toBeLessThanOrEqual(source.registrations.burst + 59 * source.registrations.perSecond);
  expect(all).toBeGreaterThan(50 * source.registrations.perSecond);
  expect(refused).toEqual({ 'source-registrations': 60 * 820 - all });
});

test('N3: 500 UEs behind one NAT that all come back are registered within 20 s, two REGISTERs each', () => {
  expect(servedInTime(sharesWith(), stranger(), 'registration', 1000, 20)).toBeGreaterThanOrEqual(1000);
});

test('N3: a registered UE has its own share, whatever its neighbours behind the NAT do', () => {
  const shares = sharesWith();
  served(shares, stranger(), 'registration', 10_000);
  served(shares, stranger(), 'other', 10_000);
  served(shares, registered('sip:mallory@ims.example'), 'other', 10_000);
  expect(served(shares, registered(), 'other', 10)).toBe(10);
  expect(served(shares, registered(), 'registration', 2)).toBe(2);
  expect(served(shares, registered(), 'call', 2)).toBe(2);
});

test('N3: a registered UE does not pass REGISTERs of others at the rate of its requests', () => {
  const { registrations } = shareLimits().ue;
  expect(servedInTime(sharesWith(), registered(), 'registration', 30, 10)).toBeLessThanOrEqual(
    registrations.burst + 9 * registrations.perSecond,
  );
});

test('N3: calls have a rate of their own, and leave room for other requests', () => {
  const { calls } = shareLimits().ue;
  const shares = sharesWith();
  expect(served(shares, registered(), 'call', 250)).toBe(calls.burst);
  expect(refused).toEqual({ 'ue-calls': 250 - calls.burst });
  expect(served(shares, registered(), 'other', 1)).toBe(1);
});

describe('N3: who has much to do is not refused, with the shares as they are delivered', () => {
  const { ue, messages } = shareLimits();

  test('a PBX with 10 calls a second, for ten minutes', () => {
    const shares = sharesWith();
    const pbx = registered('sip:pbx@ims.example');
    let calls = 0;
    for (let second = 0; second < 600; second++) {
      calls += served(shares, pbx, 'call', 10);
      // Re-INVITEs, INFO and what else there is in calls.
      expect(served(shares, pbx, 'other', 30)).toBe(30);
      now += 1000;
    }
    expect(calls).toBe(6000);
    expect([ue.callsAtOnce, ue.unanswered]).toEqual([50, 30]);
    expect(ue.endings.perSecond).toBeGreaterThanOrEqual(10 * 6);
    expect(ue.progress.perSecond).toBeGreaterThanOrEqual(10 * 3);
    expect(messages.perSecond).toBeGreaterThan(2 * 10 * 12);
  });

  test('a phone that sends 20 short messages at once, each minute', () => {
    const shares = sharesWith();
    for (let minute = 0; minute < 60; minute++) {
      expect(served(shares, registered(), 'other', 20)).toBe(20);
      now += 60_000;
    }
    expect(ue.underWay).toBeGreaterThan(20);
  });

  test('a client of RCS that asks for what 250 of its contacts can do, and then 20 a second', () => {
    const shares = sharesWith();
    expect(served(shares, registered(), 'other', 250)).toBe(250);
    expect(servedInTime(shares, registered(), 'other', 20, 60)).toBe(1200);
  });

  test('50 phones behind one NAT that all come back within a second, and subscribe', () => {
    const shares = sharesWith();
    expect(served(shares, stranger(), 'registration', 100)).toBe(100);
    for (let i = 0; i < 50; i++) expect(served(shares, registered(`sip:p${i}@ims.example`), 'other', 5)).toBe(5);
  });
});

test.each<[string, ShareSizes]>([
  ['as they are', {}],
  ['with many UEs at one place', { sourceRegistrations: 500 }],
])('N3: what one place brings at once leaves room for UEs from elsewhere, %s', (_, sizes) => {
  const shares = sharesWith(sizes);
  for (const kind of ['registration', 'other'] as const) served(shares, stranger('10.0.0.1'), kind, 1000);
  for (let i = 0; i < 20; i++) expect(shares.refusal(stranger(`192.0.2.${i}`), 'registration')).toBeUndefined();
});

describe('N3: a flood from many places', () => {
  const flood = (shares: RequestShares) => {
    for (let i = 0; i < 5000; i++) shares.refusal(stranger(`10.0.${i >> 8}.${i & 255}`), 'registration');
  };

  test('is bounded in all', () => {
    const { requests } = shareLimits().strangers;
    const shares = sharesWith();
    flood(shares);
    expect(refused).toEqual({ 'strangers-requests': 5000 - requests.burst / 2 });
  });

  test('goes behind the REGISTERs of places that UEs have been registered from', () => {
    const shares = sharesWith();
    shares.registeredFrom('192.0.2.1');
    for (let second = 0; second < 10; second++) {
      flood(shares);
      expect(served(shares, stranger(), 'registration', 5)).toBe(5);
      expect(served(shares, stranger('192.0.2.2'), 'registration', 1)).toBe(0);
      now += 1000;
    }
  });

  test('goes behind them when UEs have been registered where it comes from, too', () => {
    const shares = sharesWith();
    const places = Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`);
    for (const place of ['192.0.2.1', ...places]) shares.registeredFrom(place);
    for (let turn = 0; turn < 200; turn++) {
      for (const place of places) served(shares, stranger(place), 'registration', 2);
      if (turn % 4 === 0) expect(served(shares, stranger(), 'registration', 1)).toBe(1);
      now += 50;
    }
    expect(refused['strangers-requests']).toBeGreaterThan(1000);
  });

  test('leaves REGISTERs their room when it is of other requests', () => {
    const shares = sharesWith();
    const { otherRequests } = shareLimits().strangers;
    let all = 0;
    for (let i = 0; i < 2000; i++) all += served(shares, stranger(`10.0.${i >> 8}.${i & 255}`), 'other', 1);
    expect(all).toBe(otherRequests.burst);
    expect(served(shares, stranger(), 'registration', 50)).toBe(50);
  });

  test('does not touch registered UEs', () => {
    const shares = sharesWith();
    flood(shares);
    expect(served(shares, registered(), 'other', 10)).toBe(10);
  });
});

describe('X12: emergency calls', () => {
  test('have room, whatever came from the same place before', () => {
    const shares = sharesWith();
    served(shares, stranger(), 'registration', 10_000);
    served(shares, stranger(), 'other', 10_000);
    served(shares, registered(), 'call', 10_000);
    expect(served(shares, stranger(), 'emergency-call', 3)).toBe(3);
    expect(served(shares, registered(), 'emergency-call', 3)).toBe(3);
  });

  test('of strangers of one place are bounded by the second, and leave room for those of registered UEs', () => {
    const { emergencyCalls } = shareLimits().source;
    const shares = sharesWith();
    expect(served(shares, stranger(), 'emergency-call', 1000)).toBe(emergencyCalls.burst);
    expect(served(shares, registered(), 'emergency-call', 3)).toBe(3);
  });

  test('of all strangers are bounded by the second', () => {
    const { emergencyCalls } = shareLimits().strangers;
    const shares = sharesWith();
    const all = Array.from({ length: 1000 }, (_, i) => shares.refusal(stranger(`10.1.0.${i}`), 'emergency-call'));
    expect(all.filter((why) => why === undefined)).toHaveLength(emergencyCalls.burst);
  });
});

describe('the table', () => {
  test.each([10_000, 100, 3])('N3: of %i calls one UE gets a twentieth or so', (maxCalls) => {
    const { ue } = shareLimits({ maxCalls });
    expect(ue.callsAtOnce).toBeLessThanOrEqual(Math.max(2, maxCalls / 20));
    expect(ue.unanswered).toBeLessThanOrEqual(ue.callsAtOnce);
  });

  test.each([1000, 100, 40])('N3: of %i ports for MSRP one UE gets a tenth at most', (msrpPorts) => {
    expect(shareLimits({ msrpPorts }).ue.messageLines * 2).toBeLessThanOrEqual(Math.max(4, msrpPorts / 10));
  });

  test('a UE may be as large as the operator says, with all that its calls need', () => {
    const { ue } = shareLimits({ ueCalls: 500 });
    expect(ue).toMatchObject({ callsAtOnce: 500, unanswered: 100, lines: 1000 });
    expect(ue.calls.perSecond).toBe(50);
    expect(ue.requests.perSecond).toBeGreaterThanOrEqual(5 * ue.calls.perSecond);
  });
});
