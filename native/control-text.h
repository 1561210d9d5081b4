#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace edge80 {

inline const uint8_t* findByte(const uint8_t* from, const uint8_t* end, uint8_t byte) {
  return from < end ? static_cast<const uint8_t*>(memchr(from, byte, static_cast<size_t>(end - from))) : nullptr;
}

inline bool isUtf8(const uint8_t* from, const uint8_t* end) {
  int more = 0;
  for (; from < end; from++) {
    const uint8_t byte = *from;
    if (more > 0) {
      if ((byte & 0xc0) != 0x80) return false;
      more -= 1;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      more = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    }
  }
  return more == 0;
}

inline bool hasSip(const uint8_t* packet, const uint8_t* end) {
  for (const uint8_t* at = packet; (at = findByte(at, end, '/')) != nullptr; at++) {
    if (at - packet < 3 || end - at < 4 || memcmp(at, "/2.0", 4) != 0) continue;
    // Case does not matter in it (RFC 3261 §7.1).
    if ((at[-3] | 0x20) == 's' && (at[-2] | 0x20) == 'i' && (at[-1] | 0x20) == 'p') return true;
  }
  return false;
}

/** Its cookie ends at the first space. */
inline bool isNg(const uint8_t* packet, const uint8_t* end) {
  const uint8_t* begin = findByte(packet, end, ' ');
  if (begin == nullptr || ++begin == end) return false;
  const auto has = [&](uint8_t byte) { return findByte(begin, end, byte) != nullptr; };
  if (*begin == 'd') {
    const std::string_view rest(reinterpret_cast<const char*>(begin), static_cast<size_t>(end - begin));
    return rest.find(":command") != std::string_view::npos;
  }
  return *begin == '{' && has('}') && has('"') && has(':') && isUtf8(begin, end);
}

/** Text by which services are commanded, in what is said to be media; see lib/gateway/control-text.ts. */
inline bool isControlText(const uint8_t* packet, size_t length) {
  return hasSip(packet, packet + length) || isNg(packet, packet + length);
}

}  // namespace edge80
