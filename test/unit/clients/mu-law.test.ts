import { muLaw } from '../../../lib/ue/tone';
import { linear } from '../../integration/clients/mu-law';

test.each([
  [0xff, 0],
  [0x7f, 0],
  [0x80, 32124],
  [0x00, -32124],
  [0xfe, 8],
  [0x7e, -8],
])('G.711: the µ-law byte %i is the sample %i', (byte, sample) => {
  expect(linear(byte) + 0).toBe(sample);
});

test('each byte is that of its own sample', () => {
  const samples = Array.from({ length: 256 }, (_, byte) => linear(byte));
  // Of the two zeros only one is written.
  expect(samples.map(muLaw)).toEqual(samples.map((_, byte) => (byte === 0x7f ? 0xff : byte)));
});
