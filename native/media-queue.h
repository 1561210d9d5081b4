#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace edge80 {

/**
 * Media that waits, for a UE that reads slowly or for the selection of its connection, oldest first. Bounded by age,
 * since old media is worth nothing to the ear however few bytes it has, and by bytes, since a burst of video is many in
 * a short time. The clock is the caller's.
 */
class MediaQueue {
 public:
  /** How many whole frames a call dropped. */
  struct Dropped {
    size_t forAge = 0;
    size_t forBytes = 0;
  };

  MediaQueue(double maxAge, size_t maxBytes, size_t maxFrames = SIZE_MAX)
      : maxAge(maxAge), maxBytes_(maxBytes), maxFrames_(maxFrames) {}

  /** ms; what waited longer is dropped. */
  double maxAge;

  size_t bytes() const { return bytes_; }
  size_t length() const { return frames_.size() - head_; }

  /** Adds a frame, and drops the oldest until the bounds hold; `now` in ms. */
  Dropped push(std::string frame, double now) {
    bytes_ += frame.size();
    frames_.push_back({std::move(frame), now});
    Dropped dropped;
    dropped.forAge = dropOld(now);
    for (; bytes_ > maxBytes_ || length() > maxFrames_; dropped.forBytes++) remove();
    return dropped;
  }

  /** Drops what is too old; gives how many frames that were. */
  size_t dropOld(double now) {
    size_t dropped = 0;
    for (; length() > 0 && now - frames_[head_].arrival > maxAge; dropped++) remove();
    return dropped;
  }

  /** Takes out the oldest frame; there must be one. */
  std::string shift() {
    std::string frame = std::move(frames_[head_].bytes);
    bytes_ -= frame.size();
    frames_[head_].bytes.clear();
    advance();
    return frame;
  }

  void clear() {
    // An idle connection keeps no memory for what once waited.
    std::vector<Frame>().swap(frames_);
    head_ = 0;
    bytes_ = 0;
  }

 private:
  struct Frame {
    std::string bytes;
    double arrival;
  };

  void remove() {
    bytes_ -= frames_[head_].bytes.size();
    std::string().swap(frames_[head_].bytes);
    advance();
  }

  void advance() {
    head_ += 1;
    if (head_ == frames_.size()) {
      clear();
    } else if (head_ >= 256 && head_ * 2 >= frames_.size()) {
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  /** Those before `head_` are gone. */
  std::vector<Frame> frames_;
  size_t head_ = 0;
  size_t bytes_ = 0;
  size_t maxBytes_;
  size_t maxFrames_;
};

}  // namespace edge80
