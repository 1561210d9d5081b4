#pragma once

#include <atomic>
#include <cstdint>
#include <iterator>

#include "packet-kind.h"

namespace edge80 {

/** Written by one thread, read by another. */
class Count {
 public:
  // One writer: neither needs a locked instruction.
  void add(uint64_t more) { value_.store(value() + more, std::memory_order_relaxed); }
  void remove(uint64_t less) { value_.store(value() - less, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/** By PacketKind, without `other`. */
constexpr const char* packetKinds[] = {EDGE80_PACKET_KINDS(EDGE80_NAME)};

/** Packets in one direction, by kind, and their bytes without the framing. */
struct Traffic {
  /** By PacketKind without `other`, which is never carried, and only counted where it is dropped. */
  Count packets[std::size(packetKinds)];
  Count bytes;

  void count(PacketKind kind, size_t length) {
    if (kind == PacketKind::other) return;
    packets[static_cast<size_t>(kind)].add(1);
    bytes.add(length);
  }
  void takeBack(PacketKind kind, size_t length) {
    packets[static_cast<size_t>(kind)].remove(1);
    bytes.remove(length);
  }
};

enum class Drop { EDGE80_DROP_REASONS(EDGE80_IDENTIFIER) };
constexpr const char* dropReasons[] = {EDGE80_DROP_REASONS(EDGE80_NAME)};

/** What one worker counts; connections are counted in JavaScript. */
struct Counters {
#define EDGE80_TRAFFIC(name) Traffic name;
#define EDGE80_COUNT(name) Count name;
  EDGE80_DIRECTIONS(EDGE80_TRAFFIC)
  EDGE80_ERRORS(EDGE80_COUNT)
#undef EDGE80_TRAFFIC
#undef EDGE80_COUNT
  Count drops[std::size(dropReasons)];
};

}  // namespace edge80
