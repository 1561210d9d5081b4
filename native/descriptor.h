#pragma once

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace edge80 {

/** A file descriptor, closed with its owner. */
class Descriptor {
 public:
  /** Throws std::system_error of errno if `fd` is none: so a call can be given whose result it is. */
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category());
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace edge80
