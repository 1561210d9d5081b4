#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace edge80 {

/** Memory that costs nothing until it is touched, and only the pages that are. */
class LazyMemory {
 public:
  explicit LazyMemory(size_t bytes) : bytes_(bytes) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    madvise(at, bytes, MADV_NOHUGEPAGE);
    start_ = static_cast<uint8_t*>(at);
  }
  ~LazyMemory() { munmap(start_, bytes_); }
  LazyMemory(const LazyMemory&) = delete;
  LazyMemory& operator=(const LazyMemory&) = delete;

  uint8_t* start() const { return start_; }
  size_t bytes() const { return bytes_; }

 private:
  uint8_t* start_;
  size_t bytes_;
};

/** Bytes that lie there until the end of a turn. */
class Arena {
 public:
  explicit Arena(size_t bytes) : memory_(bytes) {}

  uint8_t* free() const { return memory_.start() + used_; }
  size_t room() const { return memory_.bytes() - used_; }
  void keep(size_t bytes) { used_ += bytes; }
  void clear() { used_ = 0; }
  bool holds(const uint8_t* at) const {
    return at >= memory_.start() && at < memory_.start() + memory_.bytes();
  }

 private:
  LazyMemory memory_;
  size_t used_ = 0;
};

}  // namespace edge80
