import { Consent } from '../../../lib/ue/consent';
import type { CandidatePair } from '../../../lib/ue/candidate-pair';

const candidate = { ...{ foundation: '1', component: 1, priority: 1, type: 'host' }, extensions: [] };
const here = { ...candidate, transport: 'udp', address: '192.0.2.1', port: 5000 } as const;
const pair: CandidatePair = { local: here, remote: here, path: 'udp', priority: 1n };

const timing = { interval: 5000, patience: 10_000, expiry: 30_000 };

describe('C13: consent of the peer', () => {
  test.each([
    [0, 4000],
    [0.5, 5000],
    [1, 6000],
  ])('is asked for at 0.8 to 1.2 times the interval', (random, pause) => {
    const consent = new Consent(timing, () => random);
    consent.selected(1000);
    expect(consent.isDue(1000 + pause - 1)).toBe(false);
    expect(consent.isDue(1000 + pause + 1)).toBe(true);
    consent.ask(pair, 1000 + pause + 1);
    expect(consent.isDue(1000 + pause)).toBe(false);
  });

  test('the peer is silent once a check is unanswered for the patience, however many followed it', () => {
    const consent = new Consent(timing);
    consent.selected(0);
    consent.ask(pair, 5000);
    const asked = consent.ask(pair, 10_000);
    expect(consent.isSilent(14_999)).toBe(false);
    expect(consent.isSilent(15_000)).toBe(true);
    consent.answered(asked, 15_000);
    expect(consent.isSilent(40_000)).toBe(false);
  });

  test('a check is known by its transaction until it is answered', () => {
    const consent = new Consent(timing);
    const asked = consent.ask(pair, 7);
    expect(consent.checkOf(asked)).toEqual({ pair, sentAt: 7 });
    consent.answered(asked, 8);
    expect(consent.checkOf(asked)).toBeUndefined();
  });

  test('expires 30 s after the last answer, and is not there before the first', () => {
    const consent = new Consent(timing);
    expect(consent.hasExpired(0)).toBe(true);
    consent.answered(consent.ask(pair, 0), 0);
    expect(consent.hasExpired(30_000)).toBe(false);
    expect(consent.hasExpired(30_001)).toBe(true);
  });
});
