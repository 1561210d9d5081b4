/** The 16-bit sample of a µ-law byte (ITU-T G.711). */
export function linear(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 0x07);
  return (bits & 0x80) === 0 ? magnitude - 132 : 132 - magnitude;
}
