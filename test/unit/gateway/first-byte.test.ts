import { packetKind } from '../../../lib/gateway/first-byte';

const starting = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(80 - bytes.length)]);

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
    expect(packetKind(Buffer.concat([Buffer.from([0, 80]), packet]), 2)).toBe(kind);
  }
});

test('D1: an empty frame is nothing', () => {
  expect(packetKind(Buffer.alloc(0))).toBe('other');
});

test('D2: what is shorter than the header of RTP (12 bytes) or RTCP (8) is neither', () => {
  const rtp = starting(0x80, 0).subarray(0, 12);
  const rtcp = starting(0x80, 200).subarray(0, 8);
  expect([packetKind(rtp), packetKind(rtp.subarray(0, 11))]).toEqual(['rtp', 'other']);
  expect([packetKind(rtcp), packetKind(rtcp.subarray(0, 7))]).toEqual(['rtcp', 'other']);
});

describe('what is shorter than its header says', () => {
  test.each<[string, number[], number]>([
    ['RTP with 1 CSRC', [0x81, 0], 16],
    ['RTP with 15 CSRCs', [0x8f, 0], 72],
    ['RTP with an empty header extension', [0x90, 0], 16],
    ['RTP with a header extension of 2 words', [0x90, 0, ...Array<number>(10).fill(0), 0xbe, 0xde, 0, 2], 24],
    ['RTP with 1 CSRC and an extension of 1 word', [0x91, 0, ...Array<number>(14).fill(0), 0xbe, 0xde, 0, 1], 24],
    ['RTP with padding, which may be encrypted', [0xa0, 0], 12],
    ['RTCP of 7 words', [0x80, 200, 0, 6], 28],
    ['RTCP of 2 words', [0x80, 201, 0, 1], 8],
  ])('D2: %s is neither RTP nor RTCP', (_name, bytes, length) => {
    const whole = Buffer.concat([Buffer.from(bytes), Buffer.alloc(80)]).subarray(0, length);
    expect(packetKind(whole)).toMatch(/^rtc?p$/);
    expect(packetKind(whole.subarray(0, length - 1))).toBe('other');
    // As a frame, with its header before it.
    const frame = Buffer.concat([Buffer.from([0, length]), whole]);
    expect(packetKind(frame, 2)).toMatch(/^rtc?p$/);
    expect(packetKind(frame.subarray(0, length + 1), 2)).toBe('other');
  });

  test('D2: of RTCP that is more than one packet, the first is looked at alone: what follows may be encrypted', () => {
    expect(packetKind(Buffer.concat([Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]), Buffer.alloc(20, 0xff)]))).toBe(
      'rtcp',
    );
  });
});
