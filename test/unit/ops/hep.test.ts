import { hepPacket, longestPayload, type Captured } from '../../../lib/ops/hep';

const seen: Captured = {
  at: 1_700_000_000_123.5,
  from: { address: '203.0.113.9', port: 40_123 },
  to: { address: '198.51.100.1', port: 80 },
  transport: 'tcp',
  kind: 'sip',
  payload: Buffer.from('OPTIONS sip:edge SIP/2.0\r\n\r\n'),
  correlation: 'a-call@ue',
};

/** The chunks by their types, in hex but for texts. */
function chunksOf(packet: Buffer): Record<number, string> {
  expect(packet.toString('latin1', 0, 4)).toBe('HEP3');
  expect(packet.readUInt16BE(4)).toBe(packet.length);
  const chunks: Record<number, string> = {};
  for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4)) {
    expect(packet.readUInt16BE(at)).toBe(0);
    const type = packet.readUInt16BE(at + 2);
    const value = packet.subarray(at + 6, at + packet.readUInt16BE(at + 4));
    chunks[type] = value.toString([0x0e, 0x0f, 0x11].includes(type) ? 'latin1' : 'hex');
  }
  return chunks;
}

test('I9: a message of SIP, with who had it, when, and whose call it is of', () => {
  expect(chunksOf(hepPacket(seen, { id: 80, password: 'hep secret' }))).toEqual({
    ...{ 0x01: '02', 0x02: '06', 0x03: 'cb007109', 0x04: 'c6336401', 0x07: '9cbb', 0x08: '0050' },
    ...{ 0x09: '6553f100', 0x0a: '0001e26c', 0x0b: '01', 0x0c: '00000050', 0x0e: 'hep secret' },
    ...{ 0x0f: 'OPTIONS sip:edge SIP/2.0\r\n\r\n', 0x11: 'a-call@ue' },
  });
});

test('I9: a step of a call is a line of a log, between addresses of which one is IPv6', () => {
  const step = { ...seen, kind: 'log', transport: 'udp', to: { address: '2001:db8::1', port: 0 } } as const;
  expect(chunksOf(hepPacket(step, { id: 1, password: undefined }))).toMatchObject({
    ...{ 0x01: '0a', 0x02: '11', 0x0b: '64' },
    ...{ 0x05: '00000000000000000000ffffcb007109', 0x06: '20010db8000000000000000000000001' },
  });
});

test('I9: whatever it has to tell, a packet fits into a datagram', () => {
  const long = { ...seen, payload: Buffer.alloc(200_000, 'x'), correlation: 'c'.repeat(100_000) };
  const packet = hepPacket(long, { id: 80, password: 'p'.repeat(255) });
  expect(packet.length).toBeLessThan(65_507);
  expect(chunksOf(packet)[0x0f]).toHaveLength(longestPayload);
});
