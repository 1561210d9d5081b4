#pragma once

#include <atomic>
#include <cstdint>

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

/** Packets in one direction, by kind, and their bytes without the framing. */
struct Traffic {
  /** By PacketKind without `other`, which is never carried, and only counted where it is dropped. */
  Count packets[4];
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

/** In the order of DropReason in lib/gateway/counters.ts. */
enum class Drop { notSelected, firstByte, controlText, queueAge, queueBytes, anchorQueue, anchorSource, anchorOverflow, connectionEnded };
constexpr size_t dropReasons = 9;

/** What one worker counts; connections are counted in JavaScript. */
struct Counters {
  Traffic fromUe, toUe, toAnchor, fromAnchor;
  Count drops[dropReasons];
  Count acceptErrors;
  Count anchorErrors;
};

}  // namespace edge80
