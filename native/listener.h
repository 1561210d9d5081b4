#pragma once

#include "address.h"
#include "surroundings.h"

namespace edge80 {

class Plane;
class Worker;

/** A listening socket. */
class Listener final : public Watched {
 public:
  Listener(int fd, Plane& plane, Worker& worker);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /** A bound and listening socket, or -1 and `error`. */
  static int open(const Address& address, bool ipv6Only, int& error);

  int fd() const { return fd_; }
  Address address() const;
  void ready(uint32_t events) override;

 private:
  /** Without descriptors a connection would stay in the kernel's queue, and be told of without end. */
  bool turnAway();

  int fd_;
  /** Given up for a moment, it makes room for one. */
  int spare_;
  Plane& plane_;
  Worker& worker_;
};

}  // namespace edge80
