import { Consent } from '../../../lib/ue/consent';

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
    consent.asked(1000 + pause + 1);
    expect(consent.isDue(1000 + pause)).toBe(false);
  });

  test('the peer is silent once a check is unanswered for the patience, however many followed it', () => {
    const consent = new Consent(timing);
    consent.selected(0);
    consent.asked(5000);
    consent.asked(10_000);
    expect(consent.isSilent(14_999)).toBe(false);
    expect(consent.isSilent(15_000)).toBe(true);
    consent.answered(15_000);
    expect(consent.isSilent(40_000)).toBe(false);
  });

  test('expires 30 s after the last answer, and is not there before the first', () => {
    const consent = new Consent(timing);
    expect(consent.hasExpired(0)).toBe(true);
    consent.selected(0);
    expect(consent.hasExpired(30_000)).toBe(false);
    expect(consent.hasExpired(30_001)).toBe(true);
  });
});
