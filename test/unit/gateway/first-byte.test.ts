import { packetKind } from '../../../lib/gateway/first-byte';

const starting = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(12 - bytes.length)]);

test.each([
  [0, 3, 'stun'],
  [4, 19, 'other'],
  [20, 63, 'dtls'],
  [64, 127, 'other'],
  [128, 191, 'rtp'],
  [192, 255, 'other'],
] as const)('D2: first bytes %d to %d are %s', (from, to, kind) => {
  for (let first = from; first <= to; first++) expect(packetKind(starting(first, 0))).toBe(kind);
});

test('D3: RTCP if the second byte is 192 to 223', () => {
  for (let second = 0; second <= 255; second++) {
    const kind = second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
    const packet = starting(0x80, second);
    expect(packetKind(packet)).toBe(kind);
    expect(packetKind(Buffer.concat([Buffer.from([0, 12]), packet]), 2)).toBe(kind);
  }
});

test('D1: an empty frame is nothing', () => {
  expect(packetKind(Buffer.alloc(0))).toBe('other');
});

test('D2: what is shorter than the header of RTP (12 bytes) or RTCP (8) is neither', () => {
  const rtp = starting(0x80, 0);
  const rtcp = starting(0x80, 200).subarray(0, 8);
  expect([packetKind(rtp), packetKind(rtp.subarray(0, 11))]).toEqual(['rtp', 'other']);
  expect([packetKind(rtcp), packetKind(rtcp.subarray(0, 7))]).toEqual(['rtcp', 'other']);
});
