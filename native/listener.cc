#include "listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "plane.h"

namespace edge80 {

namespace {

constexpr int backlog = 511;

/** Connections taken before others get their turn. */
constexpr int maxAtOnce = 64;

/** s of silence after which the kernel asks whether the UE is still there; then each second, so many times. */
constexpr int keepAliveDelay = 30, keepAliveInterval = 1, keepAliveProbes = 10;

/** Bytes that the kernel takes before they can be sent: in what lies there nothing can be dropped for its age. */
constexpr int notSentBytes = 4096;

void set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

int spareDescriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Listener::Listener(int fd, Plane& plane, Worker& worker)
    : fd_(fd), spare_(spareDescriptor()), plane_(plane), worker_(worker) {}

Listener::~Listener() {
  close(fd_);
  if (spare_ >= 0) close(spare_);
}

int Listener::open(const Address& address, bool ipv6Only, int& error) {
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.family() == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, ipv6Only ? 1 : 0);
    if (bind(fd, address.raw(), address.length()) == 0 && ::listen(fd, backlog) == 0) return fd;
  }
  error = errno;
  if (fd >= 0) close(fd);
  return -1;
}

Address Listener::address() const {
  Address address;
  socklen_t length = Address::capacity;
  getsockname(fd_, address.raw(), &length);
  return address;
}

void Listener::ready(uint32_t) {
  Count& errors = worker_.ownCounters().acceptErrors;
  for (int i = 0; i < maxAtOnce; i++) {
    Address remote;
    socklen_t length = Address::capacity;
    const int fd = accept4(fd_, remote.raw(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && plane_.isBehind()) {
      errors.add(1);
      close(fd);
    } else if (fd >= 0) {
      set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
      set(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepAliveDelay);
      set(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepAliveInterval);
      set(fd, IPPROTO_TCP, TCP_KEEPCNT, keepAliveProbes);
      set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, notSentBytes);
      plane_.accepted(fd, remote);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      errors.add(1);
      const bool isForDescriptors = errno == EMFILE || errno == ENFILE;
      if (!isForDescriptors || !turnAway()) worker_.rest(fd_, *this);
      return;
    }
  }
}

/** False if it is still there. */
bool Listener::turnAway() {
  if (spare_ >= 0) close(spare_);
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  spare_ = spareDescriptor();
  return fd >= 0;
}

}  // namespace edge80
