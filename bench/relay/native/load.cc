/*
 * load KIND PORT PASSWORD: the UEs. KIND is ice, turn or plain. Standard input: one line with the echo's ports, one for
 * each stream, then commands; each is answered with one line of JSON:
 *
 *     open STREAMS                     so many streams are open
 *     run STREAMS RATE SECONDS TICK    sends RATE packets/s on each of the first STREAMS, a burst each TICK µs
 *     stall STREAM                     from now on nothing is read from it, and it is not counted
 *     unstall STREAM                   it is read and counted again
 */
#include "times.h"
#include "stream.h"

#include <sys/resource.h>

#include <array>
#include <iostream>
#include <memory>
#include <sstream>
#include <vector>

namespace {

/** 20 ms of G.711: RTP header and 160 bytes. */
constexpr size_t packetBytes = 172;
constexpr size_t rtpHeaderBytes = 12;

/** What is on its way for longer is lost to the ear (ns). */
constexpr uint64_t tooLate = 200'000'000;

/** A run ends after this long without a packet (ns). */
constexpr uint64_t silence = 300'000'000;

/** Goes at the beginning of each payload. */
struct Stamp {
  uint64_t sentAt;
  uint32_t run;
};

class Load {
 public:
  Load(Account account, std::vector<uint16_t> echoPorts)
      : account_(std::move(account)), echoPorts_(std::move(echoPorts)), epoll_(check(epoll_create1(0), "epoll_create1")) {}

  void open(unsigned streams) {
    for (auto index = static_cast<unsigned>(streams_.size()); index < streams; index++) {
      streams_.push_back(std::make_unique<Stream>(account_, index, echoPorts_[index]));
      isStalled_.push_back(false);
      watch(epoll_, streams_.back()->fd(), EPOLLIN, index);
    }
    std::printf("{\"open\":%zu}\n", streams_.size());
  }

  void stall(unsigned stream) {
    const int fd = streams_[stream]->fd();
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    // With the kernel's own buffer it would take the relay half a minute to notice.
    set(fd, SOL_SOCKET, SO_RCVBUF, 4096);
    isStalled_[stream] = true;
    std::printf("{}\n");
  }

  void unstall(unsigned stream) {
    watch(epoll_, streams_[stream]->fd(), EPOLLIN, stream);
    isStalled_[stream] = false;
    std::printf("{}\n");
  }

  void run(unsigned streams, double rate, double seconds, double tick) {
    run_ += 1;
    returned_ = late_ = 0;
    roundTrip_ = Times();
    Times lateness;
    const auto total = static_cast<uint64_t>(streams * rate * seconds);
    const double spacing = 1e9 / (streams * rate);
    uint64_t counted = 0, untaken = 0;
    const uint64_t start = now();
    const uint64_t usedBefore = cpuTime();
    for (uint64_t sent = 0; sent < total;) {
      const uint64_t since = now() - start;
      while (sent < total && static_cast<double>(sent) * spacing <= static_cast<double>(since)) {
        const auto index = static_cast<unsigned>(sent % streams);
        const bool isTaken = sendOn(index, sent);
        if (!isStalled_[index]) {
          lateness.add(now() - start - static_cast<uint64_t>(static_cast<double>(sent) * spacing));
          counted += 1;
          if (!isTaken) untaken += 1;
        }
        sent += 1;
        if (sent % 16 == 0) receiveAll();
      }
      receiveAll();
      sleepFor(tick * 1000);
    }
    const uint64_t elapsed = now() - start;
    const uint64_t used = cpuTime() - usedBefore;
    drain(counted - untaken);
    std::printf("{\"sent\":%llu,\"returned\":%llu,\"late\":%llu,\"untaken\":%llu,", number(counted), number(returned_),
                number(late_), number(untaken));
    std::printf("\"roundTrip\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f},", roundTrip_.at(0.5),
                roundTrip_.at(0.99), roundTrip_.at(0.999), roundTrip_.at(1));
    std::printf("\"lateness\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"busy\":%.3f}\n", lateness.at(0.5),
                lateness.at(0.99), lateness.at(1), static_cast<double>(used) / static_cast<double>(elapsed));
  }

 private:
  static unsigned long long number(uint64_t value) { return value; }

  bool sendOn(unsigned index, uint64_t sequence) {
    std::string packet(packetBytes, '\x55');
    packet[0] = '\x80';
    packet[1] = 8;
    packet[2] = static_cast<char>(sequence >> 8);
    packet[3] = static_cast<char>(sequence);
    const Stamp stamp{now(), run_};
    std::memcpy(packet.data() + rtpHeaderBytes, &stamp, sizeof stamp);
    return streams_[index]->send(streams_[index]->framed(packet));
  }

  /** True if there was something. */
  bool receiveAll() {
    std::array<epoll_event, 512> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; i++) {
      const auto index = events[static_cast<size_t>(i)].data.u64;
      streams_[index]->receive([this](const uint8_t* bytes, size_t length) { returned(bytes, length); });
    }
    return count > 0;
  }

  void returned(const uint8_t* bytes, size_t length) {
    if (bytes[0] <= 3 || length < rtpHeaderBytes + sizeof(Stamp)) return;
    Stamp stamp;
    std::memcpy(&stamp, bytes + rtpHeaderBytes, sizeof stamp);
    // What a stalled stream held back is of an earlier run.
    if (stamp.run != run_) return;
    const uint64_t took = now() - stamp.sentAt;
    roundTrip_.add(took);
    returned_ += 1;
    if (took > tooLate) late_ += 1;
  }

  void drain(uint64_t expected) {
    for (uint64_t last = now(); returned_ < expected && now() - last < silence;) {
      if (receiveAll()) last = now();
      else sleepFor(200'000);
    }
  }

  static void sleepFor(double ns) {
    const timespec time{0, static_cast<long>(ns)};
    nanosleep(&time, nullptr);
  }

  /** ns. */
  static uint64_t cpuTime() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
  }

  Account account_;
  std::vector<uint16_t> echoPorts_;
  int epoll_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<bool> isStalled_;
  uint32_t run_ = 0;
  uint64_t returned_ = 0, late_ = 0;
  Times roundTrip_;
};

std::vector<uint16_t> readPorts() {
  std::string line;
  std::getline(std::cin, line);
  std::istringstream numbers(line);
  std::vector<uint16_t> ports;
  for (uint16_t port; numbers >> port;) ports.push_back(port);
  return ports;
}

}  // namespace

int main(int count, char** values) {
  if (count != 4) return 2;
  const std::string kind = values[1];
  raiseFileLimit();
  Load load({kind == "ice" ? Kind::ice : kind == "turn" ? Kind::turn : Kind::plain,
             static_cast<uint16_t>(std::atoi(values[2])), values[3], std::to_string(std::time(nullptr) + 86'400)},
            readPorts());
  for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
    std::istringstream words(line);
    std::string command;
    unsigned streams = 0;
    double rate = 0, seconds = 0, tick = 0;
    words >> command >> streams >> rate >> seconds >> tick;
    if (command == "open") load.open(streams);
    else if (command == "stall") load.stall(streams);
    else if (command == "unstall") load.unstall(streams);
    else load.run(streams, rate, seconds, tick);
  }
}
