#pragma once

#include <cstddef>
#include <cstdint>

#include "turn-frames.h"

namespace edge80 {

/**
 * Whether a packet is a check of an agent that takes itself for controlled: a Binding request with ICE-CONTROLLED. As
 * lib/ice/controlled-check.ts, but for what stands behind an integrity attribute, which counts there no more.
 */
inline bool isCheckOfControlled(const uint8_t* packet, size_t length) {
  constexpr uint16_t bindingRequest = 0x0001, iceControlled = 0x8029;
  if (length < turn::messageHeaderBytes || turn::read16(packet) != bindingRequest) return false;
  if (turn::read32(packet + 4) != turn::magicCookie) return false;
  if (turn::read16(packet + 2) != length - turn::messageHeaderBytes) return false;
  for (size_t at = turn::messageHeaderBytes; length - at >= turn::attributeHeaderBytes;) {
    if (turn::read16(packet + at) == iceControlled) return true;
    const size_t size = turn::read16(packet + at + 2);
    const size_t next = at + turn::attributeHeaderBytes + size + turn::paddingOf(size);
    if (next > length) return false;
    at = next;
  }
  return false;
}

}  // namespace edge80
