#pragma once

#include <cstddef>
#include <cstdint>

#include "names.h"

namespace edge80 {

/** What a frame or datagram is by its first byte (RFC 7983 §7); `other` is neither ICE nor media. */
enum class PacketKind { EDGE80_PACKET_KINDS(EDGE80_IDENTIFIER) other };

/** Bytes of the fixed header of RTP (RFC 3550 §5.1), and of an RTCP packet with its SSRC (§6.1). */
constexpr size_t rtpHeaderBytes = 12;
constexpr size_t rtcpHeaderBytes = 8;

inline size_t wordsAt(const uint8_t* at) { return static_cast<size_t>(at[0]) << 8 | at[1]; }

/** The first of a compound packet is whole: what follows may be encrypted. */
inline bool isWholeRtcp(const uint8_t* packet, size_t length) {
  return length >= rtcpHeaderBytes && 4 * (wordsAt(packet + 2) + 1) <= length;
}

/** Whole with its CSRCs and its header extension. */
inline bool isWholeRtp(const uint8_t* packet, size_t length) {
  const size_t header = rtpHeaderBytes + 4 * (packet[0] & 0x0f);
  if ((packet[0] & 0x10) == 0) return header <= length;
  return header + 4 <= length && header + 4 + 4 * wordsAt(packet + header + 2) <= length;
}

/**
 * One that is not what its first byte says, by its length and those in its header, is `other`. Headers can be read in
 * SRTP too (RFC 3711 §3.1, §3.4).
 */
inline PacketKind packetKind(const uint8_t* packet, size_t length) {
  if (length == 0) return PacketKind::other;
  const uint8_t first = packet[0];
  if (first >= 128 && first <= 191) {
    // On a stream that carries both, RTCP is told by its packet type (RFC 5761 §4).
    if (length > 1 && packet[1] >= 192 && packet[1] <= 223) {
      return isWholeRtcp(packet, length) ? PacketKind::rtcp : PacketKind::other;
    }
    return isWholeRtp(packet, length) ? PacketKind::rtp : PacketKind::other;
  }
  if (first <= 3) return PacketKind::stun;
  return first >= 20 && first <= 63 ? PacketKind::dtls : PacketKind::other;
}

}  // namespace edge80
