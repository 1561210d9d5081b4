#pragma once

#include <cstddef>
#include <cstdint>

namespace edge80 {

/** What a connection is by its first bytes: frames that begin with STUN (RFC 4571, RFC 6544 §10), or what control tells apart. */
enum class MediaOpening { media, other, unfinished };

/** Null packets (RFC 4571 §2) that may come before the first frame. */
constexpr size_t mostNullPackets = 8;

/** As in lib/port/first-bytes.ts. */
inline MediaOpening mediaOpening(const uint8_t* bytes, size_t length, size_t longestFrame) {
  constexpr size_t stunHeaderBytes = 20;
  constexpr uint8_t cookie[] = {0x21, 0x12};
  size_t at = 0;
  while (length - at >= 2 && bytes[at] == 0 && bytes[at + 1] == 0) at += 2;
  if (at > 2 * mostNullPackets) return MediaOpening::other;
  const auto has = [&](size_t index) { return length > at + index; };
  if (has(1)) {
    const size_t frame = static_cast<size_t>(bytes[at]) << 8 | bytes[at + 1];
    if (frame < stunHeaderBytes || frame > longestFrame) return MediaOpening::other;
  }
  // The two highest bits of STUN are 0 (RFC 8489 §5).
  if (has(2) && bytes[at + 2] >= 0x40) return MediaOpening::other;
  if (has(6) && bytes[at + 6] != cookie[0]) return MediaOpening::other;
  if (!has(7)) return MediaOpening::unfinished;
  return bytes[at + 7] == cookie[1] ? MediaOpening::media : MediaOpening::other;
}

}  // namespace edge80
