/** What a frame or datagram is by its first byte (RFC 7983 §7); `other` is neither ICE nor media. */
export type PacketKind = 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'other';

/** Bytes of the fixed header of RTP (RFC 3550 §5.1), and of an RTCP packet with its SSRC (§6.1). */
const rtpHeaderBytes = 12;
const rtcpHeaderBytes = 8;

/** The packet begins at `offset`; one too short to be what its first byte says is `other`. */
export function packetKind(packet: Buffer, offset = 0): PacketKind {
  const length = packet.length - offset;
  if (length <= 0) return 'other';
  const first = packet[offset] ?? 0;
  if (first >= 128 && first <= 191) {
    if (isRtcp(packet, offset)) return length < rtcpHeaderBytes ? 'other' : 'rtcp';
    return length < rtpHeaderBytes ? 'other' : 'rtp';
  }
  if (first <= 3) return 'stun';
  return first >= 20 && first <= 63 ? 'dtls' : 'other';
}

/** On a stream that carries both, RTCP is told by its packet type (RFC 5761 §4). */
function isRtcp(packet: Buffer, offset: number): boolean {
  const second = packet.length <= offset + 1 ? 0 : (packet[offset + 1] ?? 0);
  return second >= 192 && second <= 223;
}
