import type { ParsedMessage } from '../../../lib/drachtio/messages';
import { granted, isTooShort, sessionExpires, taken, withAsked, withGranted } from '../../../lib/sip/session-expires';
import { SessionTimers } from '../../../lib/sip/session-timers';
import type { CallSession } from '../../../lib/sip/call-session';

function message(headers: Record<string, string>): ParsedMessage {
  const get = (name: string) => headers[name.toLowerCase()];
  return { headers, get, has: (name: string) => get(name) !== undefined } as unknown as ParsedMessage;
}

describe('Session-Expires', () => {
  test.each([
    ['1800', { interval: 1800, refresher: undefined }],
    ['1800;refresher=uac', { interval: 1800, refresher: 'uac' }],
    [' 90 ; x=y ; Refresher = UAS', { interval: 90, refresher: 'uas' }],
    ['soon', undefined],
    ['99999999999', undefined],
    ['90 refresher=uac', undefined],
  ])('%s', (text, expected) => {
    expect(sessionExpires(message({ 'session-expires': text }))).toEqual(expected);
  });

  test('is granted to who supports timers, and too short below 90 s', () => {
    expect(granted(message({ supported: '100rel, timer', 'session-expires': '90' }))).toBe(90);
    expect(granted(message({ supported: '100rel', 'session-expires': '90' }))).toBeUndefined();
    expect(isTooShort(message({ supported: 'timer', 'session-expires': '89' }))).toBe(true);
    expect(isTooShort(message({ supported: 'timer' }))).toBe(false);
  });

  test('names the far end as the one to refresh', () => {
    expect(withAsked({ Supported: '100rel' }, 90)).toEqual({
      Supported: '100rel, timer',
      'Session-Expires': '90;refresher=uas',
    });
    expect(withGranted({}, 90)).toEqual({ Require: 'timer', 'Session-Expires': '90;refresher=uac' });
    expect(withGranted({ Server: 'x' }, undefined)).toEqual({ Server: 'x' });
    expect(taken(message({ 'session-expires': '90;refresher=uas' }))).toBe(90);
    expect(taken(message({ 'session-expires': '90;refresher=uac' }))).toBeUndefined();
  });
});

describe('session timers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const session = (end: () => void) =>
    ({
      edge: { timers: { sessionSecond: 1000 } },
      end,
      timer: (ms: number, expired: () => void) => {
        const timeout = setTimeout(expired, ms);
        return () => clearTimeout(timeout);
      },
    }) as unknown as CallSession;

  test('run out min(32 s, a third) before the end of the interval, counted from the last refresh', () => {
    const ended = jest.fn();
    const timers = new SessionTimers(session(ended));
    timers.refreshed('access', 90);
    timers.refreshed('core', 1800);
    jest.advanceTimersByTime(59_000);
    timers.refreshed('access', 300);
    expect(timers.interval('access')).toBe(300);
    jest.advanceTimersByTime(267_000);
    expect(ended).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1000);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  test('stop for a leg that has none any more', () => {
    const ended = jest.fn();
    const timers = new SessionTimers(session(ended));
    timers.refreshed('access', 90);
    timers.refreshed('access', undefined);
    expect(timers.interval('access')).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });
});
