#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "arena.h"

namespace edge80 {

/** A frame that waits for the end of a turn, with its header; behind it lies its next. */
struct GatheredFrame {
  GatheredFrame* next;
  size_t length;

  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
};

/** Whom frames are gathered for. */
class Gatherer {
 public:
  /** The frames are gone afterwards. */
  virtual void writeGathered(const GatheredFrame* first) = 0;

 protected:
  ~Gatherer() = default;

 private:
  friend class Gathering;
  GatheredFrame* first_ = nullptr;
  GatheredFrame* last_ = nullptr;
};

/**
 * Packets of rtpengine that were there in one turn, as frames, by the UE that they go to, so that each UE's are one
 * write: the more a worker has fallen behind, the less a packet costs it.
 */
class Gathering {
 public:
  explicit Gathering(size_t bytes) : arena_(bytes) {}

  /** Gives where its header is to be written, of so many bytes; behind the packet are `padding` zeros. */
  uint8_t* add(Gatherer& gatherer, size_t header, const uint8_t* packet, size_t length, size_t padding = 0) {
    const size_t whole = header + length + padding;
    // Rounded up, so that the next one is aligned.
    const size_t room = (sizeof(GatheredFrame) + whole + alignof(GatheredFrame) - 1) & ~(alignof(GatheredFrame) - 1);
    if (arena_.room() < room) flush();
    auto* frame = reinterpret_cast<GatheredFrame*>(arena_.free());
    arena_.keep(room);
    *frame = {nullptr, whole};
    uint8_t* bytes = frame->bytes();
    std::memcpy(bytes + header, packet, length);
    for (size_t i = 0; i < padding; i++) bytes[header + length + i] = 0;
    if (gatherer.first_ == nullptr) {
      gatherer.first_ = frame;
      gatherers_.push_back(&gatherer);
    } else {
      gatherer.last_->next = frame;
    }
    gatherer.last_ = frame;
    return bytes;
  }

  /** Not from within `writeGathered`. */
  void flush() {
    for (Gatherer* const gatherer : gatherers_) {
      const GatheredFrame* const first = gatherer->first_;
      gatherer->first_ = gatherer->last_ = nullptr;
      gatherer->writeGathered(first);
    }
    gatherers_.clear();
    arena_.clear();
  }

 private:
  Arena arena_;
  std::vector<Gatherer*> gatherers_;
};

}  // namespace edge80
