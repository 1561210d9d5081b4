import { packetKind } from '../../../lib/gateway/first-byte';

test.each([
  [0, 3, 'stun'],
  [4, 19, 'other'],
  [20, 63, 'dtls'],
  [64, 127, 'other'],
  [128, 191, 'rtp'],
  [192, 255, 'other'],
] as const)('D2: first bytes %d to %d are %s', (from, to, kind) => {
  for (let first = from; first <= to; first++) expect(packetKind(Buffer.from([first, 0]))).toBe(kind);
});

test('D3: RTCP if the second byte is 192 to 223', () => {
  for (let second = 0; second <= 255; second++) {
    const kind = second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
    expect(packetKind(Buffer.from([0x80, second]))).toBe(kind);
    expect(packetKind(Buffer.from([0, 2, 0x80, second]), 2)).toBe(kind);
  }
});

test('D1: an empty frame is nothing', () => {
  expect(packetKind(Buffer.alloc(0))).toBe('other');
});
