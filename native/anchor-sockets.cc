#include "anchor-sockets.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace edge80 {

namespace {

/** Bytes that may wait at a socket of many streams: the kernel grants less without rmem_max or CAP_NET_ADMIN. */
constexpr int bufferBytes = 4 << 20;

/** A socket takes no new connections after so many: what it remembers has a bound. */
constexpr size_t maxUsed = 8192;

/** Sockets that are opened at ports to avoid before there is none. */
constexpr int maxTries = 16;

void setBuffer(int fd, int forced, int plain) {
  if (setsockopt(fd, SOL_SOCKET, forced, &bufferBytes, sizeof bufferBytes) == 0) return;
  setsockopt(fd, SOL_SOCKET, plain, &bufferBytes, sizeof bufferBytes);
}

}  // namespace

AnchorSockets::AnchorSockets(int epoll, Counters& counters, Arena& arena, Gathering& gathering,
                             std::function<void()> obey)
    : epoll_(epoll),
      counters_(counters),
      arena_(arena),
      gathering_(gathering),
      obey_(std::move(obey)),
      received_(batch * slotBytes),
      receivedMessages_{},
      sentMessages_{} {
  for (size_t i = 0; i < batch; i++) {
    receivedParts_[i] = {received_.start() + i * slotBytes, slotBytes};
    receivedMessages_[i].msg_hdr.msg_iov = &receivedParts_[i];
    receivedMessages_[i].msg_hdr.msg_iovlen = 1;
    receivedMessages_[i].msg_hdr.msg_name = sources_[i].raw();
    sentMessages_[i].msg_hdr.msg_iov = &sentParts_[i];
    sentMessages_[i].msg_hdr.msg_iovlen = 1;
  }
}

AnchorSockets::~AnchorSockets() = default;

bool AnchorSockets::join(AnchorMember& member, const Address& anchor) {
  const Endpoint key(anchor.raw());
  AnchorSocket* const chosen =
      socketToward(anchor, false, [&](const AnchorSocket& socket) { return !socket.wasUsedFor(key); });
  return chosen != nullptr && join(member, anchor, *chosen);
}

bool AnchorSockets::join(AnchorMember& member, const Address& anchor, AnchorSocket& socket) {
  if (!socket.add(member, anchor)) return false;
  member.anchor = anchor;
  member.socket = &socket;
  return true;
}

AnchorSocket* AnchorSockets::seat(const Address& toward, const AvoidedPorts& avoid) {
  AnchorSocket* const chosen = socketToward(toward, true, [&](const AnchorSocket& socket) {
    if (socket.isAlone || (avoid.isAlone && !socket.isEmpty())) return false;
    return !std::binary_search(avoid.ports.begin(), avoid.ports.end(), socket.port);
  });
  if (chosen == nullptr) return nullptr;
  chosen->seats += 1;
  chosen->isAlone = avoid.isAlone;
  return chosen;
}

void AnchorSockets::leaveSeat(AnchorSocket& socket) {
  socket.seats -= 1;
  if (socket.isEmpty()) isUntidy_ = true;
}

template <typename Suits>
AnchorSocket* AnchorSockets::socketToward(const Address& anchor, bool isForRelays, Suits suits) {
  Address source;
  if (sourceToward(anchor, source)) {
    const Endpoint from(source.raw());
    for (const auto& socket : sockets_) {
      const bool isOpen = socket->isForRelays == isForRelays && socket->timesUsed() < maxUsed;
      if (isOpen && Endpoint(socket->source.raw()) == from && suits(*socket)) return socket.get();
    }
    for (int i = 0; i < maxTries; i++) {
      AnchorSocket* const opened = open(source, isForRelays);
      if (opened == nullptr) break;
      if (suits(*opened)) return opened;
      isUntidy_ = true;
    }
  }
  counters_.anchorErrors.add(1);
  return nullptr;
}

void AnchorSockets::leave(AnchorMember& member) {
  if (member.socket == nullptr) return;
  AnchorSocket& socket = *member.socket;
  member.socket = nullptr;
  socket.remove(member);
  if (socket.isEmpty()) isUntidy_ = true;
  // The address goes with the member, and may be another's when the packet is sent.
  socket.flush();
}

void AnchorSockets::send(AnchorMember& member, const uint8_t* packet, size_t length, PacketKind kind) {
  if (!arena_.holds(packet)) {
    if (arena_.room() < length) flush();
    std::memcpy(arena_.free(), packet, length);
    packet = arena_.free();
    arena_.keep(length);
  }
  member.socket->waiting_.push_back({packet, length, kind, &member});
}

void AnchorSockets::flush() {
  for (const auto& socket : sockets_) {
    if (!socket->waiting_.empty()) socket->flush();
  }
  arena_.clear();
}

void AnchorSockets::tidy() {
  if (!isUntidy_) return;
  isUntidy_ = false;
  const auto isEmpty = [](const std::unique_ptr<AnchorSocket>& socket) { return socket->isEmpty(); };
  sockets_.erase(std::remove_if(sockets_.begin(), sockets_.end(), isEmpty), sockets_.end());
}

bool AnchorSockets::sourceToward(const Address& anchor, Address& source) {
  // Not yet used, and so not yet sent from: to connect asks the routes alone.
  const int fd = socket(anchor.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  socklen_t length = Address::capacity;
  const bool isFound = connect(fd, anchor.raw(), anchor.length()) == 0 && getsockname(fd, source.raw(), &length) == 0;
  close(fd);
  source.setPort(0);
  return isFound;
}

AnchorSocket* AnchorSockets::open(const Address& source, bool isForRelays) {
  const int fd = socket(source.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  if (bind(fd, source.raw(), source.length()) != 0) {
    close(fd);
    return nullptr;
  }
  std::unique_ptr<AnchorSocket> opened;
  try {
    opened = std::make_unique<AnchorSocket>(*this, fd, source, isForRelays);
  } catch (const std::bad_alloc&) {
    close(fd);
    return nullptr;
  }
  const int on = 1;
  const bool isIpv6 = source.family() == AF_INET6;
  setsockopt(fd, isIpv6 ? SOL_IPV6 : SOL_IP, isIpv6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  setBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  setBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = static_cast<Watched*>(opened.get());
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return nullptr;
  sockets_.push_back(std::move(opened));
  return sockets_.back().get();
}

}  // namespace edge80
