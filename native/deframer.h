#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace edge80 {

/*
 *   0                   1                     RFC 4571 §2: before everything that goes over the
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 ...       connection, STUN and DTLS too (RFC 6544 §3)
 *  +-------------------------------+------------------
 *  |   length, without itself      |  that many bytes
 *  +-------------------------------+------------------
 */
constexpr size_t headerBytes = 2;

inline void writeHeader(uint8_t* at, size_t length) {
  at[0] = static_cast<uint8_t>(length >> 8);
  at[1] = static_cast<uint8_t>(length);
}

/** What the sink wants after a frame: more, no more for now, or none ever again. */
enum class Next { goOn, wait, stop };

/**
 * Cuts a byte stream, however it was split on the way, into frames. A frame that lies in one chunk is passed on where
 * it lies; one that does not is copied once, into a buffer of its own size, so that a peer that sends byte by byte
 * cannot make us keep more than one frame.
 */
class Deframer {
 public:
  /** The longest frame taken, in bytes; may be changed between frames. */
  explicit Deframer(size_t limit) : limit(limit) {}

  size_t limit;

  /**
   * Gives how many bytes were consumed: fewer than `length` only if the sink said `wait`, or it stopped. The sink has
   * `Next frame(const uint8_t*, size_t)`, never called with an empty frame, and `void frameTooLong(size_t)`, after
   * which the deframer has stopped for good.
   */
  template <typename Sink>
  size_t push(const uint8_t* chunk, size_t length, Sink& sink) {
    size_t offset = 0;
    Next next = stopped_ ? Next::stop : Next::goOn;
    while (offset < length && next == Next::goOn) {
      next = partial_ == nullptr ? start(chunk, length, offset, sink) : fill(chunk, length, offset, sink);
    }
    stopped_ = next == Next::stop;
    return offset;
  }

 private:
  /** Reads a header, and the frame behind it where all of it is there. */
  template <typename Sink>
  Next start(const uint8_t* chunk, size_t length, size_t& offset, Sink& sink) {
    const bool isSplit = highByte_ >= 0;
    if (!isSplit && length - offset < headerBytes) {
      highByte_ = chunk[offset++];
      return Next::goOn;
    }
    const size_t high = isSplit ? static_cast<size_t>(highByte_) : chunk[offset++];
    const size_t size = high << 8 | chunk[offset++];
    highByte_ = -1;
    if (size > limit) {
      sink.frameTooLong(size);
      return Next::stop;
    }
    // RFC 4571 §2: a length of 0 is a null packet, and legal.
    if (size == 0) return Next::goOn;
    if (length - offset >= size) {
      const uint8_t* frame = chunk + offset;
      offset += size;
      return sink.frame(frame, size);
    }
    partial_.reset(new uint8_t[size]);
    size_ = size;
    filled_ = 0;
    return Next::goOn;
  }

  template <typename Sink>
  Next fill(const uint8_t* chunk, size_t length, size_t& offset, Sink& sink) {
    const size_t copied = std::min(length - offset, size_ - filled_);
    std::memcpy(partial_.get() + filled_, chunk + offset, copied);
    filled_ += copied;
    offset += copied;
    if (filled_ < size_) return Next::goOn;
    const std::unique_ptr<uint8_t[]> frame = std::move(partial_);
    return sink.frame(frame.get(), size_);
  }

  /** The frame being put together, or null. */
  std::unique_ptr<uint8_t[]> partial_;
  size_t size_ = 0;
  size_t filled_ = 0;
  /** The first byte of a header whose second has not come, or -1. */
  int highByte_ = -1;
  bool stopped_ = false;
};

}  // namespace edge80
