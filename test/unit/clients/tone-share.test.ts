import { toneShare } from '../../integration/clients/tone-share';

const sampleRate = 8000;
const signal = (sample: (n: number) => number) => Int16Array.from({ length: sampleRate }, (_, n) => sample(n));
const tone = (frequency: number, amplitude = 8000) =>
  signal((n) => amplitude * Math.sin((2 * Math.PI * frequency * n) / sampleRate));

describe('the share of a tone in a signal', () => {
  test.each([400, 440, 1000])('a tone of %i Hz has all of it there, however loud', (frequency) => {
    expect(toneShare(tone(frequency), frequency, sampleRate)).toBeCloseTo(1, 3);
    expect(toneShare(tone(frequency, 100), frequency, sampleRate)).toBeCloseTo(1, 1);
  });

  test.each([
    ['another tone', tone(440)],
    ['a tone one semitone off', tone(741.7)],
    ['silence', signal(() => 0)],
    ['a constant', signal(() => 3000)],
    ['noise', signal((n) => ((n * 2_654_435_761) % 16_001) - 8000)],
  ])('%s has next to none', (_, samples) => {
    expect(toneShare(samples, 700, sampleRate)).toBeLessThan(0.01);
  });

  test('two tones have a half each', () => {
    const [one, other] = [tone(440), tone(700)];
    const both = signal((n) => (one[n] ?? 0) + (other[n] ?? 0));
    for (const frequency of [440, 700]) expect(toneShare(both, frequency, sampleRate)).toBeCloseTo(0.5, 2);
  });
});
