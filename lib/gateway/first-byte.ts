/** What a frame or datagram is by its first byte (RFC 7983 §7); `other` is neither ICE nor media. */
export type PacketKind = (typeof packetKinds)[number] | 'other';

export const packetKinds = ['stun', 'dtls', 'rtp', 'rtcp'] as const;

/** Bytes of the fixed header of RTP (RFC 3550 §5.1), and of an RTCP packet with its SSRC (§6.1). */
const rtpHeaderBytes = 12;
const rtcpHeaderBytes = 8;

/**
 * The packet begins at `offset`; one that is not what its first byte says, by its length and those in its header, is
 * `other`. Headers can be read in SRTP too (RFC 3711 §3.1, §3.4).
 */
export function packetKind(packet: Buffer, offset = 0): PacketKind {
  const length = packet.length - offset;
  if (length <= 0) return 'other';
  const first = packet[offset] ?? 0;
  if (first >= 128 && first <= 191) {
    if (isRtcp(packet, offset)) return isWholeRtcp(packet, offset) ? 'rtcp' : 'other';
    return isWholeRtp(packet, offset) ? 'rtp' : 'other';
  }
  if (first <= 3) return 'stun';
  return first >= 20 && first <= 63 ? 'dtls' : 'other';
}

/** On a stream that carries both, RTCP is told by its packet type (RFC 5761 §4). */
function isRtcp(packet: Buffer, offset: number): boolean {
  const second = packet.length <= offset + 1 ? 0 : (packet[offset + 1] ?? 0);
  return second >= 192 && second <= 223;
}

/** The first of a compound packet is: what follows may be encrypted. */
function isWholeRtcp(packet: Buffer, offset: number): boolean {
  const length = packet.length - offset;
  return length >= rtcpHeaderBytes && 4 * (packet.readUInt16BE(offset + 2) + 1) <= length;
}

/** With its CSRCs and its header extension. */
function isWholeRtp(packet: Buffer, offset: number): boolean {
  const length = packet.length - offset;
  if (length < rtpHeaderBytes) return false;
  const first = packet[offset] ?? 0;
  const header = rtpHeaderBytes + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return header <= length;
  return header + 4 <= length && header + 4 + 4 * packet.readUInt16BE(offset + header + 2) <= length;
}
