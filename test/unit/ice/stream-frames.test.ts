import fc from 'fast-check';
import { Deframer } from '../../../lib/ice/deframer';
import { buildBindingRequest } from '../../../lib/ice/binding';
import { isStun, longestFrame, streamFrames } from '../../../lib/ice/stream-frames';
import { buildStun } from '../../../lib/ice/stun-message';

const genuine = buildBindingRequest({
  transactionId: Buffer.alloc(12, 5),
  username: 'local000:remote00',
  password: 'a password of the session',
  priority: 1,
  tieBreaker: 1n,
  useCandidate: true,
});
const withoutIntegrity = buildStun({ class: 'indication', transactionId: Buffer.alloc(12, 6) });

function unframed(frames: Buffer): Buffer[] {
  const found: Buffer[] = [];
  Deframer.ofAnyLength((frame) => found.push(frame)).push(frames);
  return found;
}

test.each([
  ['a check', genuine],
  ['an indication', withoutIntegrity],
])('H3: %s in the stream is never a frame, wherever writing is cut', (_name, stun) => {
  const around = Buffer.concat([Buffer.from('before'), stun, stun, Buffer.from('after')]);
  for (let start = 0; start <= around.length; start++) {
    for (let end = start; end <= around.length; end++) {
      const pieces = unframed(streamFrames(around.subarray(start, end)));
      expect(pieces.filter(isStun)).toEqual([]);
      expect(Buffer.concat(pieces).equals(around.subarray(start, end))).toBe(true);
    }
  }
});

test('H3: nor is what only a reader that does not look at FINGERPRINT would take for STUN', () => {
  const spoiled = Buffer.from(genuine);
  spoiled.writeUInt8(spoiled.readUInt8(spoiled.length - 1) ^ 1, spoiled.length - 1);
  expect(unframed(streamFrames(spoiled)).map(({ length }) => length)).toEqual([spoiled.length - 1, 1]);
});

test('H3: STUN where the longest frame ends is cut too', () => {
  const long = buildStun({
    class: 'indication',
    transactionId: Buffer.alloc(12),
    attributes: [{ type: 0x8022, value: Buffer.alloc(longestFrame - 20 - 4 - 8) }],
  });
  expect(long).toHaveLength(longestFrame);
  expect(isStun(long)).toBe(true);
  const pieces = unframed(streamFrames(Buffer.concat([long, long])));
  expect(pieces.filter(isStun)).toEqual([]);
  expect(Buffer.concat(pieces)).toEqual(Buffer.concat([long, long]));
});

test('H2: any bytes come out as they went in, in frames of a bounded length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3 * longestFrame }), (bytes) => {
      const pieces = unframed(streamFrames(Buffer.from(bytes)));
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      expect(pieces.every(({ length }) => length > 0 && length <= longestFrame)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['a check', genuine, true],
  ['no FINGERPRINT', genuine.subarray(0, genuine.length - 8), false],
  ['a wrong FINGERPRINT', Buffer.from(genuine).fill(0, genuine.length - 4), false],
  ['another cookie', Buffer.from(genuine).fill(0, 4, 5), false],
  ['one byte too few', genuine.subarray(0, genuine.length - 1), false],
  ['one byte too many', Buffer.concat([genuine, Buffer.alloc(1)]), false],
  ['text', Buffer.from('MSRP a786hjs2 SEND\r\n'), false],
])('H4: received, %s is STUN: %#', (_name, bytes, stun) => {
  expect(isStun(bytes)).toBe(stun);
});
