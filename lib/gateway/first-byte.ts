/** What a frame or datagram is by its first byte (RFC 7983 §7); `other` is neither ICE nor media. */
export type PacketKind = 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'other';

/** The packet begins at `offset`; an empty one is `other`. */
export function packetKind(packet: Buffer, offset = 0): PacketKind {
  if (packet.length <= offset) return 'other';
  const first = packet[offset] ?? 0;
  if (first >= 128 && first <= 191) return isRtcp(packet, offset) ? 'rtcp' : 'rtp';
  if (first <= 3) return 'stun';
  return first >= 20 && first <= 63 ? 'dtls' : 'other';
}

/** On a stream that carries both, RTCP is told by its packet type (RFC 5761 §4). */
function isRtcp(packet: Buffer, offset: number): boolean {
  const second = packet.length <= offset + 1 ? 0 : (packet[offset + 1] ?? 0);
  return second >= 192 && second <= 223;
}
