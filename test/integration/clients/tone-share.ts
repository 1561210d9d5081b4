/**
 * How much of a signal's power lies at one frequency, 0 to 1, by Goertzel's algorithm; 1 is a pure tone. Silence has
 * no share at any.
 * @param frequency Hz
 * @param sampleRate Hz
 */
export function toneShare(samples: Int16Array, frequency: number, sampleRate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let [before, last, power] = [0, 0, 0];
  for (const sample of samples) {
    [before, last] = [last, sample + coefficient * last - before];
    power += sample * sample;
  }
  if (power === 0) return 0;
  const atFrequency = last * last + before * before - coefficient * last * before;
  return (2 * atFrequency) / (samples.length * power);
}
