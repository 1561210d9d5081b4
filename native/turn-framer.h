#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "deframer.h"
#include "turn-frames.h"

namespace edge80 {

/**
 * Cuts the bytes of a TURN connection over TCP (RFC 8656 §12.5) into STUN messages and ChannelData, as
 * lib/ice/turn-framer.ts. A frame that lies in one chunk is passed on where it lies; one that does not is copied once,
 * into a buffer of its own size. The padding behind ChannelData is not waited for.
 */
class TurnFramer {
 public:
  explicit TurnFramer(size_t limit) : limit(limit) {}

  /** The longest length that may be announced, in bytes; may be changed between frames. */
  size_t limit;

  /**
   * As Deframer::push. The sink has `Next frame(const uint8_t*, size_t)`, of ChannelData with its header and without
   * padding; and `void frameTooLong(size_t)` and `void brokenFraming()`, after which the framer has stopped for good.
   */
  template <typename Sink>
  size_t push(const uint8_t* chunk, size_t length, Sink& sink) {
    size_t offset = 0;
    Next next = stopped_ ? Next::stop : Next::goOn;
    while (offset < length && next == Next::goOn) {
      if (padding_ > 0) {
        const size_t skipped = std::min(padding_, length - offset);
        padding_ -= skipped;
        offset += skipped;
      } else {
        next = filled_ == 0 ? start(chunk, length, offset, sink) : fill(chunk, length, offset, sink);
      }
    }
    stopped_ = next == Next::stop;
    return offset;
  }

 private:
  template <typename Sink>
  Next start(const uint8_t* chunk, size_t length, size_t& offset, Sink& sink) {
    const size_t left = length - offset;
    if (left >= turn::channelHeaderBytes) {
      const uint8_t* const frame = chunk + offset;
      if (!readSize(frame, sink)) return Next::stop;
      if (left >= size_) {
        offset += size_;
        return deliver(frame, sink);
      }
    }
    return fill(chunk, length, offset, sink);
  }

  template <typename Sink>
  Next fill(const uint8_t* chunk, size_t length, size_t& offset, Sink& sink) {
    if (partial_ == nullptr) {
      while (filled_ < sizeof header_ && offset < length) header_[filled_++] = chunk[offset++];
      if (filled_ < sizeof header_) return Next::goOn;
      if (!readSize(header_, sink)) return Next::stop;
      partial_.reset(new uint8_t[size_]);
      std::memcpy(partial_.get(), header_, sizeof header_);
    }
    const size_t copied = std::min(length - offset, size_ - filled_);
    std::memcpy(partial_.get() + filled_, chunk + offset, copied);
    filled_ += copied;
    offset += copied;
    if (filled_ < size_) return Next::goOn;
    filled_ = 0;
    const std::unique_ptr<uint8_t[]> frame = std::move(partial_);
    return deliver(frame.get(), sink);
  }

  /** Of the whole frame without padding, by its first four bytes. */
  template <typename Sink>
  bool readSize(const uint8_t* frame, Sink& sink) {
    const size_t announced = turn::read16(frame + 2);
    const bool isMessage = turn::isMessage(frame);
    if (frame[0] >= 0x80 || (isMessage && announced % 4 != 0)) {
      sink.brokenFraming();
      return false;
    }
    if (announced > limit) {
      sink.frameTooLong(announced);
      return false;
    }
    size_ = announced + (isMessage ? turn::messageHeaderBytes : turn::channelHeaderBytes);
    return true;
  }

  template <typename Sink>
  Next deliver(const uint8_t* frame, Sink& sink) {
    const bool isMessage = turn::isMessage(frame);
    if (isMessage && turn::read32(frame + 4) != turn::magicCookie) {
      sink.brokenFraming();
      return Next::stop;
    }
    padding_ = isMessage ? 0 : turn::paddingOf(size_);
    return sink.frame(frame, size_);
  }

  /** The frame being put together: at first its length alone. */
  uint8_t header_[turn::channelHeaderBytes];
  std::unique_ptr<uint8_t[]> partial_;
  size_t size_ = 0;
  /** 0: none is. */
  size_t filled_ = 0;
  /** Bytes to come that are nobody's. */
  size_t padding_ = 0;
  bool stopped_ = false;
};

}  // namespace edge80
