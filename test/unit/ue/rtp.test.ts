import { Reception } from '../../../lib/ue/reception';
import { buildRtcp, ntpMiddle, parseRtcp, roundTrip } from '../../../lib/ue/rtcp';
import { buildRtp, isRtcp, parseRtp } from '../../../lib/ue/rtp';
import { muLaw } from '../../../lib/ue/tone';

describe('RTP of the UE', () => {
  it('writes the header of RFC 3550 §5.1', () => {
    const packet = { payloadType: 0, marker: true, sequence: 0x0102, timestamp: 0x03040506, ssrc: 0x0708090a };
    const bytes = buildRtp({ ...packet, payload: Buffer.from('ff', 'hex') });
    expect(bytes.toString('hex')).toBe('80800102030405060708090aff');
    expect(parseRtp(bytes)).toEqual({ ...packet, payload: Buffer.from('ff', 'hex') });
  });

  test.each([
    ['extension', '90000001000000010000000abede0001aabbccdd55', '55'],
    ['contributing sources', '81000001000000010000000a0000000c55', '55'],
    ['padding', 'a0000001000000010000000a550002', '55'],
  ])('reads past %s', (_, hex, payload) => {
    expect(parseRtp(Buffer.from(hex, 'hex'))?.payload.toString('hex')).toBe(payload);
  });

  test.each([
    ['too short', '8000'],
    ['another version', '40000001000000010000000a'],
    ['RTCP', '80c80006000000010000000a'],
    ['an extension that is cut off', '90000001000000010000000abede'],
    ['padding longer than the packet', 'a0000001000000010000000aff'],
  ])('takes no RTP from what is %s', (_, hex) => {
    expect(parseRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  test.each([
    [191, false],
    [192, true],
    [223, true],
    [224, false],
  ])('D3: second byte %i is RTCP: %s', (second, expected) => {
    expect(isRtcp(Buffer.from([0x80, second]))).toBe(expected);
  });

  // Values of ITU-T G.711 table 2a.
  test.each([
    [0, 0xff],
    [-1, 0x7f],
    [32767, 0x80],
    [-32767, 0x00],
    [1000, 0xce],
  ])('codes the sample %i as %i in PCMU', (sample, code) => {
    expect(muLaw(sample)).toBe(code);
  });
});

describe('counting by sequence numbers', () => {
  function counted(sequences: number[]): Reception {
    const reception = new Reception(8000);
    sequences.forEach((sequence, i) => reception.packet(sequence, sequence * 160, i * 20));
    return reception;
  }

  test.each([
    ['all in order', [1, 2, 3, 4], 4, 0, 0],
    ['two lost', [1, 2, 5, 6], 4, 2, 0],
    ['late, not lost', [1, 3, 2, 4], 4, 0, 0],
    ['one before the first', [5, 4, 6], 3, 0, 0],
    ['one twice', [1, 2, 2, 3], 3, 0, 1],
    ['past the wrap-around', [65534, 65535, 0, 1], 4, 0, 0],
    ['lost at the wrap-around', [65534, 1, 2], 3, 2, 0],
    ['a sender that starts anew', [1, 2, 3, 30000, 30001], 5, 0, 0],
    ['nothing', [], 0, 0, 0],
  ])('%s', (_, sequences, received, lost, repeated) => {
    const { received: r, lost: l, repeated: d } = counted(sequences);
    expect({ r, l, d }).toEqual({ r: received, l: lost, d: repeated });
  });

  it('tells the loss since the last report in 1/256', () => {
    const reception = counted([1, 2, 3, 4]);
    expect(reception.fractionLost()).toBe(0);
    for (const sequence of [5, 8]) reception.packet(sequence, 0, 0);
    expect(reception.fractionLost()).toBe(128);
    expect(reception.fractionLost()).toBe(0);
  });
});

describe('RTCP of the UE', () => {
  const sender = { wallClock: 1_700_000_000_000, rtpTimestamp: 160, packets: 50, octets: 8000 };
  const block = {
    ssrc: 7,
    fractionLost: 0,
    cumulativeLost: 2,
    highestSequence: 9,
    jitter: 0,
    lastSr: 0x12345678,
    delaySinceLastSr: 65536,
  };

  it('is an SR and an SDES where something was sent, an RR and an SDES else', () => {
    const types = (packet: Buffer) => [packet[1], packet[4 * (packet.readUInt16BE(2) + 1) + 1]];
    expect(types(buildRtcp({ ssrc: 1, cname: 'abc', sender, block }))).toEqual([200, 202]);
    expect(types(buildRtcp({ ssrc: 1, cname: 'abc' }))).toEqual([201, 202]);
  });

  it('comes back as it was written', () => {
    const [report] = parseRtcp(buildRtcp({ ssrc: 1, cname: 'a', sender, block }));
    expect(report).toEqual({
      ssrc: 1,
      ntpMiddle: ntpMiddle(sender.wallClock),
      blocks: [{ ssrc: 7, cumulativeLost: 2, lastSr: 0x12345678, delaySinceLastSr: 65536 }],
    });
  });

  test.each([0, 1, 2, 3, 4])('pads a CNAME of any length to whole words (%i)', (length) => {
    expect(buildRtcp({ ssrc: 1, cname: 'x'.repeat(length) }).length % 4).toBe(0);
  });

  it('gives the round trip of RFC 3550 §6.4.1', () => {
    const at = 1_700_000_000_000;
    const answer = { lastSr: ntpMiddle(at), delaySinceLastSr: 65536 };
    expect(roundTrip(answer, at + 1250)).toBeCloseTo(250, 0);
    expect(roundTrip({ ...answer, lastSr: 0 }, at)).toBeUndefined();
    expect(roundTrip(answer, at)).toBeUndefined();
  });

  it('ends at bytes that make no sense', () => {
    expect(parseRtcp(Buffer.from('81c8ffff00000001', 'hex'))).toEqual([]);
    expect(parseRtcp(Buffer.from('81c9000100000001', 'hex'))).toEqual([]);
  });
});
