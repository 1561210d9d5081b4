#include "plane.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "listener.h"

namespace edge80 {

namespace {

/** Events that may wait for control before new connections are turned away. */
constexpr size_t maxEvents = 16384;

/** What an event counts in bytes beside those that it has. */
constexpr size_t eventBytes = 256;

}  // namespace

Plane::Plane(const Limits& limits, size_t threads, std::function<void()> wake)
    : limits_(limits), wake_(std::move(wake)) {
  for (size_t i = 0; i < threads; i++) workers_.push_back(std::make_unique<Worker>(limits_, *this, *this));
}

Plane::~Plane() { stop(); }

int Plane::listen(const std::vector<Address>& addresses, bool ipv6Only, size_t& failed) {
  Worker& first = *workers_.front();
  for (failed = 0; failed < addresses.size(); failed++) {
    int error = 0;
    const int fd = Listener::open(addresses[failed], ipv6Only, error);
    if (fd < 0) {
      listeners_.clear();
      return error;
    }
    listeners_.push_back(std::make_unique<Listener>(fd, *this, first));
  }
  for (const auto& listener : listeners_) first.watch(listener->fd(), *listener);
  for (const auto& worker : workers_) worker->start();
  return 0;
}

std::vector<Address> Plane::addresses() const {
  std::vector<Address> all;
  for (const auto& listener : listeners_) all.push_back(listener->address());
  return all;
}

void Plane::accepted(int fd, const Address& remote) {
  Event event{Event::Kind::accepted, 0};
  event.remote = remote;
  socklen_t length = Address::capacity;
  if (getsockname(fd, event.local.raw(), &length) != 0) {
    ::close(fd);
    return;
  }
  const auto least = std::min_element(workers_.begin(), workers_.end(),
                                      [](const auto& a, const auto& b) { return a->load() < b->load(); });
  // The worker can be told from the id.
  const ConnectionId id = ++lastSequence_ * workers_.size() + static_cast<size_t>(least - workers_.begin());
  event.id = id;
  (*least)->add(id, fd);
  // Before its first frame, and in the order in which they came, whichever worker they go to.
  tell(std::move(event));
  (*least)->command({Command::Kind::begin, id});
}

void Plane::command(Command command) { workers_[command.id % workers_.size()]->command(std::move(command)); }

void Plane::carry(ConnectionId id, std::string frame) { command({Command::Kind::carry, id, std::move(frame)}); }

bool Plane::status(ConnectionId id, StatusValues& values) {
  return workers_[id % workers_.size()]->status(id, values);
}

bool Plane::isBehind() {
  const std::lock_guard<std::mutex> lock(eventsLock_);
  return events_.size() >= maxEvents;
}

std::vector<Event> Plane::take(size_t events, size_t bulkBytes) {
  std::vector<Event> taken;
  const std::lock_guard<std::mutex> lock(eventsLock_);
  for (; !events_.empty() && taken.size() < events; events_.pop_front()) taken.push_back(std::move(events_.front()));
  for (size_t bytes = 0; !bulk_.empty() && bytes < bulkBytes; bulk_.pop_front()) {
    // One without bytes is work, too.
    bytes += bulk_.front().bytes.size() + eventBytes;
    taken.push_back(std::move(bulk_.front()));
  }
  return taken;
}

void Plane::tell(Event event) {
  bool isFirst = false;
  {
    const std::lock_guard<std::mutex> lock(eventsLock_);
    // rtpengine's answers are asked for again; of all else there is only so much for each connection.
    if (event.kind == Event::Kind::anchorDatagram && events_.size() >= maxEvents) return;
    isFirst = events_.empty() && bulk_.empty();
    (event.isBulk ? bulk_ : events_).push_back(std::move(event));
  }
  if (isFirst) wake_();
}

void Plane::stop() {
  for (const auto& worker : workers_) worker->stop();
  listeners_.clear();
  const std::lock_guard<std::mutex> lock(eventsLock_);
  const auto isHandedOver = [](const Event& event) {
    if (event.fd >= 0) ::close(event.fd);
    return event.fd >= 0;
  };
  events_.erase(std::remove_if(events_.begin(), events_.end(), isHandedOver), events_.end());
}

}  // namespace edge80
