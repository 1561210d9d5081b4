#pragma once

#include <cstddef>
#include <cstdint>

namespace edge80 {

/** What a frame or datagram is by its first byte (RFC 7983 §7); `other` is neither ICE nor media. */
enum class PacketKind { stun, dtls, rtp, rtcp, other };

/** Bytes of the fixed header of RTP (RFC 3550 §5.1), and of an RTCP packet with its SSRC (§6.1). */
constexpr size_t rtpHeaderBytes = 12;
constexpr size_t rtcpHeaderBytes = 8;

/** One too short to be what its first byte says is `other`. */
inline PacketKind packetKind(const uint8_t* packet, size_t length) {
  if (length == 0) return PacketKind::other;
  const uint8_t first = packet[0];
  if (first >= 128 && first <= 191) {
    // On a stream that carries both, RTCP is told by its packet type (RFC 5761 §4).
    if (length > 1 && packet[1] >= 192 && packet[1] <= 223) {
      return length < rtcpHeaderBytes ? PacketKind::other : PacketKind::rtcp;
    }
    return length < rtpHeaderBytes ? PacketKind::other : PacketKind::rtp;
  }
  if (first <= 3) return PacketKind::stun;
  return first >= 20 && first <= 63 ? PacketKind::dtls : PacketKind::other;
}

}  // namespace edge80
