#include "worker.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace edge80 {

namespace {

/** Bytes read from UEs before they must be sent on. */
constexpr size_t arenaBytes = 1 << 20;

/** Bytes read from rtpengine before they must be written to the UEs. */
constexpr size_t gatheringBytes = 1 << 20;

/** Events taken in one system call. */
constexpr int maxEvents = 256;

/** ms for which what cannot be served is not watched. */
constexpr int restMs = 100;

}  // namespace

Worker::Worker(const Limits& limits, EventSink& events, Carrier& carrier)
    : limits_(limits),
      events_(events),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      arena_(arenaBytes),
      gathering_(gatheringBytes),
      anchors_(epoll_.get(), counters_, arena_, gathering_, [this] { obeyAll(); }),
      surroundings_{limits_, events_, carrier, counters_, anchors_, arena_, gathering_, closed_, epoll_.get()} {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
}

Worker::~Worker() { stop(); }

void Worker::start() {
  thread_ = std::thread([this] {
    // By it app/metric-samples.ts finds the load of each; 15 bytes at most.
    pthread_setname_np(pthread_self(), "edge80-media");
    run();
  });
}

void Worker::stop() {
  isStopped_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  obeyAll();
  const std::lock_guard<std::mutex> lock(connectionsLock_);
  connections_.clear();
}

void Worker::add(ConnectionId id, int fd) {
  load_ += 1;
  auto connection = std::make_unique<Connection>(id, fd, surroundings_);
  const std::lock_guard<std::mutex> lock(connectionsLock_);
  connections_.emplace(id, std::move(connection));
}

void Worker::command(Command command) {
  // Nobody would take it.
  if (isStopped_) return;
  bool isFirst = false;
  {
    const std::lock_guard<std::mutex> lock(commandsLock_);
    isFirst = commands_.empty();
    commands_.push_back(std::move(command));
    hasCommands_ = true;
  }
  if (isFirst) wake();
}

void Worker::watch(int fd, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &watched;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Worker::rest(int fd, Watched& watched) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  resting_.push_back({fd, &watched, monotonicMs() + restMs});
}

void Worker::wakeRested() {
  if (resting_.empty() || resting_.front().until > monotonicMs()) return;
  for (const Resting& one : std::exchange(resting_, {})) watch(one.fd, *one.watched);
}

bool Worker::status(ConnectionId id, StatusValues& values) {
  const std::lock_guard<std::mutex> lock(connectionsLock_);
  const auto found = connections_.find(id);
  if (found == connections_.end()) return false;
  values = found->second->status.values();
  return true;
}

void Worker::run() {
  epoll_event events[maxEvents];
  while (!isStopped_) {
    const int count = epoll_wait(epoll_.get(), events, maxEvents, resting_.empty() ? -1 : restMs);
    // Cleared before the commands are taken: one that comes later wakes anew.
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == nullptr) clearWake();
    }
    obeyAll();
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr != nullptr) static_cast<Watched*>(events[i].data.ptr)->ready(events[i].events);
    }
    anchors_.flush();
    bury();
    anchors_.tidy();
    wakeRested();
  }
}

void Worker::obeyAll() {
  if (!hasCommands_) return;
  std::vector<Command> commands;
  {
    const std::lock_guard<std::mutex> lock(commandsLock_);
    commands.swap(commands_);
    hasCommands_ = false;
  }
  for (Command& command : commands) obey(command);
}

void Worker::obey(Command& command) {
  Connection* const found = find(command.id);
  if (found == nullptr) {
    if (command.kind == Command::Kind::carry) counters_.drops[static_cast<size_t>(Drop::notSelected)].add(1);
    return;
  }
  Connection& connection = *found;
  switch (command.kind) {
    case Command::Kind::begin: return connection.begin();
    case Command::Kind::readMore: return connection.readMore();
    case Command::Kind::takeFrames: return connection.takeFrames(command.from);
    case Command::Kind::handOver: return connection.handOver(command.from);
    case Command::Kind::carryTurn: return connection.carryTurn(command.from);
    case Command::Kind::openRelay: return connection.openRelay(command.address, command.avoid);
    case Command::Kind::closeRelay:
    case Command::Kind::permit:
    case Command::Kind::forbid:
    case Command::Kind::relay:
      if (connection.relay() != nullptr) obey(*connection.relay(), command);
      return;
    case Command::Kind::admit: return connection.admit(command.content);
    case Command::Kind::listenForMedia: return connection.listenForMedia();
    case Command::Kind::handled: return connection.handled();
    case Command::Kind::send: return connection.send(command.bytes);
    case Command::Kind::openAnchor: return connection.openAnchor(command.address);
    case Command::Kind::sendToAnchor: return connection.sendToAnchor(command.bytes);
    case Command::Kind::select: return connection.select(command.maxAge);
    case Command::Kind::giveWay: return connection.giveWay(command.selected, command.maxAge);
    case Command::Kind::carry: return connection.carry(command.bytes);
    case Command::Kind::write: return connection.write(std::move(command.bytes));
    case Command::Kind::pause: return connection.pause();
    case Command::Kind::resume: return connection.resume();
    case Command::Kind::finish: return connection.finish();
    case Command::Kind::close: return connection.close();
  }
}

void Worker::obey(Relay& relay, const Command& command) {
  switch (command.kind) {
    case Command::Kind::closeRelay: return relay.giveBack();
    case Command::Kind::permit: return relay.permit(command.named, command.address, command.channel);
    case Command::Kind::forbid: return relay.forbid(command.named);
    default: {
      const auto* data = reinterpret_cast<const uint8_t*>(command.bytes.data());
      return relay.relay(command.named, data, command.bytes.size());
    }
  }
}

Connection* Worker::find(ConnectionId id) {
  const std::lock_guard<std::mutex> lock(connectionsLock_);
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

/** Forgets what was closed, now that nothing under way can name it. */
void Worker::bury() {
  if (closed_.empty()) return;
  const std::lock_guard<std::mutex> lock(connectionsLock_);
  for (const ConnectionId id : closed_) connections_.erase(id);
  load_ -= closed_.size();
  closed_.clear();
}

void Worker::clearWake() const {
  uint64_t count = 0;
  if (read(wake_.get(), &count, sizeof count) < 0) return;
}

void Worker::wake() const {
  const uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof one) < 0) return;
}

}  // namespace edge80
