/*
 * echo PORTS PASSWORD: stands for rtpengine. One UDP port a stream sends back what it gets, and answers the check that
 * nominates. Prints its ports on one line; ends with its standard input.
 */
#include "sockets.h"
#include "stun.h"

#include <array>
#include <string>
#include <vector>

namespace {

constexpr unsigned batch = 32;
constexpr size_t packetBytes = 2048;

class Echo {
 public:
  Echo(unsigned ports, std::string password) : password_(std::move(password)) {
    epoll_ = check(epoll_create1(0), "epoll_create1");
    watch(epoll_, STDIN_FILENO, EPOLLIN, 0);
    for (unsigned i = 0; i < ports; i++) {
      const int fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
      bindTo(fd, 0);
      watch(epoll_, fd, EPOLLIN, static_cast<uint64_t>(fd));
      std::printf("%s%u", i == 0 ? "" : " ", portOf(fd));
    }
    std::printf("\n");
    std::fflush(stdout);
    for (unsigned i = 0; i < batch; i++) {
      parts_[i] = {packets_[i].data(), packetBytes};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &sources_[i];
    }
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; i++) {
        if (events[static_cast<size_t>(i)].data.u64 == 0) return;
        serve(static_cast<int>(events[static_cast<size_t>(i)].data.u64));
      }
    }
  }

 private:
  void serve(int fd) {
    for (unsigned i = 0; i < batch; i++) {
      parts_[i].iov_len = packetBytes;
      messages_[i].msg_hdr.msg_namelen = sizeof sources_[i];
    }
    const int count = recvmmsg(fd, messages_.data(), batch, 0, nullptr);
    for (int i = 0; i < count; i++) {
      const auto at = static_cast<size_t>(i);
      parts_[at].iov_len = messages_[at].msg_len;
      if (packets_[at][0] <= 3) answer(at);
    }
    if (count > 0) sendmmsg(fd, messages_.data(), static_cast<unsigned>(count), 0);
  }

  void answer(size_t at) {
    const sockaddr_in& from = sources_[at];
    stun::Message success(stun::bindingSuccess, packets_[at].data() + 8);
    success.addAddress(stun::xorMappedAddress, ntohl(from.sin_addr.s_addr), ntohs(from.sin_port));
    success.sign(password_).addFingerprint();
    std::memcpy(packets_[at].data(), success.bytes().data(), success.bytes().size());
    parts_[at].iov_len = success.bytes().size();
  }

  int epoll_;
  std::string password_;
  std::array<std::array<uint8_t, packetBytes>, batch> packets_;
  std::array<iovec, batch> parts_;
  std::array<sockaddr_in, batch> sources_;
  std::array<mmsghdr, batch> messages_{};
};

}  // namespace

int main(int count, char** values) {
  if (count != 3) return 2;
  raiseFileLimit();
  Echo(static_cast<unsigned>(std::atoi(values[1])), values[2]).run();
}
