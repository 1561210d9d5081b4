/*
 * floor: the least that a relay must do. Reads frames of RFC 4571 from TCP, sends each as a datagram, and back; one
 * UDP socket for all, many packets a system call. Nobody is authenticated and nothing is bounded. The first frame of a
 * connection names, in two bytes, the port that its packets go to. Prints its port; ends with its standard input.
 */
#include "sockets.h"

#include <array>
#include <cstring>
#include <vector>

namespace {

constexpr unsigned batch = 64;
constexpr size_t packetBytes = 2048;

struct Connection {
  int fd;
  uint16_t port = 0;
  size_t filled = 0;
  std::array<uint8_t, packetBytes> partial;
};

class Floor {
 public:
  Floor() : byPort_(65536) {
    epoll_ = check(epoll_create1(0), "epoll_create1");
    listener_ = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    bindTo(listener_, 0);
    check(listen(listener_, 511), "listen");
    udp_ = check(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
    bindTo(udp_, 0);
    set(udp_, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    watch(epoll_, STDIN_FILENO, EPOLLIN, 0);
    watch(epoll_, listener_, EPOLLIN, 1);
    watch(epoll_, udp_, EPOLLIN, 2);
    for (unsigned i = 0; i < batch; i++) {
      inParts_[i] = {received_[i].data() + 2, packetBytes - 2};
      in_[i].msg_hdr.msg_iov = &inParts_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      in_[i].msg_hdr.msg_name = &sources_[i];
      out_[i].msg_hdr.msg_iov = &outParts_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      out_[i].msg_hdr.msg_name = &targets_[i];
      out_[i].msg_hdr.msg_namelen = sizeof targets_[i];
      targets_[i] = loopback(0);
    }
    std::printf("%u\n", portOf(listener_));
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; i++) {
        const uint64_t token = events[static_cast<size_t>(i)].data.u64;
        if (token == 0) return;
        if (token == 1) accept();
        else if (token == 2) drainUdp();
        else fromTcp(*reinterpret_cast<Connection*>(token));
      }
      flush();
    }
  }

 private:
  void accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    auto* connection = new Connection{fd, 0, 0, {}};
    watch(epoll_, fd, EPOLLIN, reinterpret_cast<uint64_t>(connection));
  }

  void fromTcp(Connection& from) {
    // What is not sent yet lies in the arena.
    if (arena_.size() - used_ < packetBytes + from.filled) flush();
    uint8_t* bytes = arena_.data() + used_;
    std::memcpy(bytes, from.partial.data(), from.filled);
    const ssize_t read = recv(from.fd, bytes + from.filled, packetBytes, 0);
    if (read <= 0) {
      if (read < 0 && errno == EAGAIN) return;
      byPort_[from.port] = nullptr;
      close(from.fd);
      delete &from;
      return;
    }
    const size_t end = from.filled + static_cast<size_t>(read);
    size_t at = 0;
    while (end - at >= 2) {
      const size_t length = static_cast<size_t>(bytes[at] << 8 | bytes[at + 1]);
      if (length > packetBytes - 2) std::exit(1);
      if (end - at < 2 + length) break;
      frame(from, bytes + at + 2, length);
      at += 2 + length;
    }
    from.filled = end - at;
    std::memcpy(from.partial.data(), bytes + at, from.filled);
    used_ += end;
  }

  void frame(Connection& from, uint8_t* bytes, size_t length) {
    if (from.port == 0) {
      from.port = static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
      byPort_[from.port] = &from;
      return;
    }
    targets_[waiting_].sin_port = htons(from.port);
    outParts_[waiting_] = {bytes, length};
    waiting_ += 1;
    if (waiting_ == batch) send();
  }

  void send() {
    if (waiting_ > 0) sendmmsg(udp_, out_.data(), waiting_, 0);
    waiting_ = 0;
  }

  void flush() {
    send();
    used_ = 0;
  }

  /** One socket speaks for many streams: with one batch for each turn of the others it would lose under load. */
  void drainUdp() {
    for (int i = 0; i < 16 && fromUdp() == static_cast<int>(batch); i++) continue;
  }

  /** How many datagrams there were. */
  int fromUdp() {
    for (unsigned i = 0; i < batch; i++) in_[i].msg_hdr.msg_namelen = sizeof sources_[i];
    const int count = recvmmsg(udp_, in_.data(), batch, 0, nullptr);
    for (int i = 0; i < count; i++) {
      const auto at = static_cast<size_t>(i);
      const Connection* to = byPort_[ntohs(sources_[at].sin_port)];
      if (to == nullptr) continue;
      const unsigned length = in_[at].msg_len;
      received_[at][0] = static_cast<uint8_t>(length >> 8);
      received_[at][1] = static_cast<uint8_t>(length);
      ::send(to->fd, received_[at].data(), length + 2, MSG_NOSIGNAL);
    }
    return count;
  }

  int epoll_, listener_, udp_;
  std::vector<Connection*> byPort_;
  std::array<uint8_t, 256 * 1024> arena_;
  size_t used_ = 0;
  unsigned waiting_ = 0;
  std::array<iovec, batch> outParts_, inParts_;
  std::array<sockaddr_in, batch> targets_, sources_;
  std::array<mmsghdr, batch> out_{}, in_{};
  std::array<std::array<uint8_t, packetBytes>, batch> received_;
};

}  // namespace

int main() {
  raiseFileLimit();
  auto* floor = new Floor;
  floor->run();
}
