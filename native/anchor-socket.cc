#include "anchor-sockets.h"

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace edge80 {

namespace {

/**
 * Batches taken before others get their turn. One socket speaks for many streams: with too few, under load, their media
 * from rtpengine would be lost in its buffer while that of the UEs still passes.
 */
constexpr int maxBatches = 16;

/** As many datagrams at least, however long, wait at a socket that had no room for more. */
constexpr size_t manyAtOnce = 2;

uint16_t portOf(int fd) {
  Address bound;
  socklen_t length = Address::capacity;
  getsockname(fd, bound.raw(), &length);
  return bound.port();
}

}  // namespace

AnchorSocket::AnchorSocket(AnchorSockets& all, int fd, const Address& source, bool isForRelays)
    : source(source), port(portOf(fd)), isForRelays(isForRelays), all_(all), fd_(fd) {}

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

bool AnchorSocket::add(AnchorMember& member, const Address& anchor) {
  const Endpoint key(anchor.raw());
  if (!members_.emplace(key, &member).second) return false;
  used_.insert(key);
  likelyAt(anchor.port()) = &member;
  return true;
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

}  // namespace edge80
