/** PCMU: 8000 samples a second, one byte each (RFC 3551 §4.5.14). */
export const pcmu = { payloadType: 0, name: 'PCMU', clockRate: 8000, samplesPerPacket: 160 } as const;

const frequency = 400;
const amplitude = 8000;

/** 20 ms of a 400 Hz tone, of 16 bits. One period fits into 20 samples, so every packet of 160 carries the same. */
export const toneSamples: readonly number[] = Array.from({ length: pcmu.samplesPerPacket }, (_, i) =>
  Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / pcmu.clockRate)),
);

export const tone = Buffer.from(toneSamples.map(muLaw));

/** ITU-T G.711 µ-law of a 16-bit sample: bits inverted, sign, 3 bits of segment, 4 of step. */
export function muLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32635) + 132;
  const segment = Math.floor(Math.log2(magnitude)) - 7;
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~(sign | (segment << 4) | step) & 0xff;
}
