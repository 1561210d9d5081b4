#include "anchor-sockets.h"

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
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

/**
 * Batches taken before others get their turn. One socket speaks for many streams: with too few, under load, their media
 * from rtpengine would be lost in its buffer while that of the UEs still passes.
 */
constexpr int maxBatches = 16;

/** As many datagrams at least, however long, wait at a socket that had no room for more. */
constexpr size_t manyAtOnce = 2;

/** A socket takes no new connections after so many: what it remembers has a bound. */
constexpr size_t maxUsed = 8192;

void setBuffer(int fd, int forced, int plain) {
  if (setsockopt(fd, SOL_SOCKET, forced, &bufferBytes, sizeof bufferBytes) == 0) return;
  setsockopt(fd, SOL_SOCKET, plain, &bufferBytes, sizeof bufferBytes);
}

}  // namespace

AnchorSocket::AnchorSocket(AnchorSockets& all, int fd, const Address& source) : source(source), all_(all), fd_(fd) {}

AnchorSocket::~AnchorSocket() {
  countOverflow();
  close(fd_);
}

void AnchorSocket::ready(uint32_t events) {
  if ((events & EPOLLERR) != 0) readErrors();
  if ((events & EPOLLIN) == 0) return;
  size_t count = AnchorSockets::batch, total = 0;
  for (int i = 0; i < maxBatches && count == AnchorSockets::batch; i++) total += count = receive();
  all_.gathering_.flush();
  if (total >= manyAtOnce) countOverflow();
}

void AnchorSocket::add(AnchorMember& member) {
  const Endpoint key(member.anchor.raw());
  used_.insert(key);
  members_.emplace(key, &member);
  likelyAt(member.anchor.port()) = &member;
}

void AnchorSocket::remove(AnchorMember& member) {
  members_.erase(Endpoint(member.anchor.raw()));
  AnchorMember*& likely = likelyAt(member.anchor.port());
  if (likely == &member) likely = nullptr;
}

AnchorMember* AnchorSocket::memberAt(const Address& anchor) const {
  AnchorMember* const likely = likelyAt(anchor.port());
  if (likely != nullptr && likely->anchor == anchor) return likely;
  const auto found = members_.find(Endpoint(anchor.raw()));
  return found == members_.end() ? nullptr : found->second;
}

AnchorMember*& AnchorSocket::likelyAt(uint16_t port) const {
  return reinterpret_cast<AnchorMember**>(likely_.start())[port];
}

/** How many datagrams there were. */
size_t AnchorSocket::receive() {
  for (auto& message : all_.receivedMessages_) message.msg_hdr.msg_namelen = Address::capacity;
  const int count = recvmmsg(fd_, all_.receivedMessages_, AnchorSockets::batch, MSG_DONTWAIT, nullptr);
  if (count > 0) all_.obey_();
  for (int i = 0; i < count; i++) {
    const Address& from = all_.sources_[i];
    AnchorMember* const member = memberAt(from);
    if (member != nullptr) {
      const auto* packet = static_cast<const uint8_t*>(all_.receivedParts_[i].iov_base);
      member->anchorPacket(packet, all_.receivedMessages_[i].msg_len);
    } else if (!wasUsedFor(Endpoint(from.raw()))) {
      all_.counters_.drops[static_cast<size_t>(Drop::anchorSource)].add(1);
    }
  }
  return count < 0 ? 0 : static_cast<size_t>(count);
}

/** What ICMP said of packets that were sent before, such as ECONNREFUSED after rtpengine gave up the call. */
void AnchorSocket::readErrors() {
  msghdr message{};
  uint8_t control[256];
  for (;;) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    all_.counters_.anchorErrors.add(1);
  }
  // The socket's own copy of the last of them would fail the next call.
  int pending = 0;
  socklen_t length = sizeof pending;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &pending, &length);
}

void AnchorSocket::countOverflow() {
  uint32_t memory[SK_MEMINFO_VARS];
  socklen_t length = sizeof memory;
  if (getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0) return;
  const uint32_t ever = memory[SK_MEMINFO_DROPS];
  all_.counters_.drops[static_cast<size_t>(Drop::anchorOverflow)].add(ever - overflowed_);
  overflowed_ = ever;
}

void AnchorSocket::flush() {
  bool isRetried = false;
  size_t done = 0;
  while (done < waiting_.size()) {
    const size_t count = std::min(waiting_.size() - done, AnchorSockets::batch);
    fill(done, count);
    const int sent = sendmmsg(fd_, all_.sentMessages_, static_cast<unsigned>(count), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
      isRetried = false;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      for (; done < waiting_.size(); done++) {
        const Waiting& packet = waiting_[done];
        all_.counters_.toAnchor.takeBack(packet.kind, packet.length);
        packet.member->anchorQueueFull();
      }
    } else if (!isRetried) {
      // It may be the fault of an earlier packet, to whomever, which is told once.
      isRetried = true;
    } else {
      done += 1;
      all_.counters_.anchorErrors.add(1);
      isRetried = false;
    }
  }
  waiting_.clear();
}

void AnchorSocket::fill(size_t from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const Waiting& packet = waiting_[from + i];
    all_.sentParts_[i] = {const_cast<uint8_t*>(packet.bytes), packet.length};
    msghdr& header = all_.sentMessages_[i].msg_hdr;
    header.msg_name = packet.member->anchor.raw();
    header.msg_namelen = packet.member->anchor.length();
  }
}

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
  Address source;
  if (!sourceToward(anchor, source)) {
    counters_.anchorErrors.add(1);
    return false;
  }
  const Endpoint key(anchor.raw());
  const Endpoint from(source.raw());
  AnchorSocket* chosen = nullptr;
  for (const auto& socket : sockets_) {
    const bool isOpen = socket->timesUsed() < maxUsed && Endpoint(socket->source.raw()) == from;
    if (!isOpen || socket->wasUsedFor(key)) continue;
    chosen = socket.get();
    break;
  }
  if (chosen == nullptr) chosen = open(source);
  if (chosen == nullptr) {
    counters_.anchorErrors.add(1);
    return false;
  }
  member.anchor = anchor;
  member.socket = chosen;
  chosen->add(member);
  return true;
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

AnchorSocket* AnchorSockets::open(const Address& source) {
  const int fd = socket(source.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  std::unique_ptr<AnchorSocket> opened;
  try {
    opened = std::make_unique<AnchorSocket>(*this, fd, source);
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
  if (bind(fd, source.raw(), source.length()) != 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return nullptr;
  sockets_.push_back(std::move(opened));
  return sockets_.back().get();
}

}  // namespace edge80
