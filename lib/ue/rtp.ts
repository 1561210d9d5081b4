/*
 *   0                   1                   2                   3      RFC 3550 §5.1
 *  +---+-+-+-------+-+-------------+-------------------------------+
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  +---+-+-+-------+-+-------------+-------------------------------+
 *  |                           timestamp                           |
 *  +---------------------------------------------------------------+
 *  |                             SSRC                              |
 */
const headerLength = 12;

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  /** 16 bits. */
  sequence: number;
  /** In units of the codec's clock, 32 bits. */
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}

export function buildRtp(packet: RtpPacket): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength + packet.payload.length);
  bytes[0] = 0x80;
  bytes[1] = (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f);
  bytes.writeUInt16BE(packet.sequence & 0xffff, 2);
  bytes.writeUInt32BE(packet.timestamp >>> 0, 4);
  bytes.writeUInt32BE(packet.ssrc >>> 0, 8);
  packet.payload.copy(bytes, headerLength);
  return bytes;
}

/** Undefined for what is no RTP packet. */
export function parseRtp(bytes: Buffer): RtpPacket | undefined {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  if (bytes.length < headerLength || first >> 6 !== 2 || isRtcp(bytes)) return undefined;
  let start = headerLength + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (bytes.length < start + 4) return undefined;
    start += 4 + 4 * bytes.readUInt16BE(start + 2);
  }
  const end = bytes.length - ((first & 0x20) === 0 ? 0 : (bytes[bytes.length - 1] ?? 0));
  if (start > end) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(start, end),
  };
}

/** Which of the two a packet on a muxed stream is: RTCP if its second byte is 192–223 (RFC 5761 §4). */
export function isRtcp(bytes: Buffer): boolean {
  const second = bytes[1] ?? 0;
  return second >= 192 && second <= 223;
}
