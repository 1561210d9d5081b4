import fc from 'fast-check';
import { WebSocketFrames } from '../../../lib/wire/websocket-frames';
import { frame, opcodes } from './frames';

const { text, continuation, ping } = opcodes;
const of = (length: number) => Buffer.alloc(length, 1);

test.each([
  ['nothing', [], false],
  ['half a head', [frame(text, of(5)).subarray(0, 1)], true],
  ['a head without its mask', [frame(text, of(5)).subarray(0, 4)], true],
  ['a head alone', [frame(text, of(5)).subarray(0, 6)], true],
  ['a frame', [frame(text, of(5))], false],
  ['an empty frame', [frame(text, of(0))], false],
  ['a frame of 16 bits', [frame(text, of(60_000))], false],
  ['most of it', [frame(text, of(60_000)).subarray(0, -1)], true],
  ['a frame of 64 bits', [frame(text, of(70_000))], false],
  ['most of that', [frame(text, of(70_000)).subarray(0, -1)], true],
  ['a frame without a mask', [frame(text, of(200), { mask: false })], false],
  ['a fragment', [frame(text, of(5), { fin: false })], true],
  ['a fragment and a ping', [frame(text, of(5), { fin: false }), frame(ping, of(0))], true],
  [
    'fragments to the last',
    [frame(text, of(5), { fin: false }), frame(continuation, of(0), { fin: false }), frame(continuation, of(5))],
    false,
  ],
])('J2: %s: whether something has begun', (_what, chunks, isInside) => {
  const frames = new WebSocketFrames();
  for (const chunk of chunks) frames.push(chunk);
  expect(frames.isInside).toBe(isInside);
});

test('J2: it does not matter how frames are cut', () => {
  const one = fc.record({ length: fc.constantFrom(0, 1, 125, 126, 65_535, 65_536), mask: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(70_000)), (all, cuts) => {
      const bytes = Buffer.concat(all.map(({ length, mask }) => frame(text, of(length), { mask })));
      const frames = new WebSocketFrames();
      const ends = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
      for (const [index, end] of ends.entries()) frames.push(bytes.subarray(ends[index - 1] ?? 0, end));
      expect(frames.isInside).toBe(false);
    }),
    { numRuns: 50 },
  );
});
