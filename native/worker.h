#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "connection.h"
#include "descriptor.h"

namespace edge80 {

/** What control wants of a connection; see ForwardingPlane in lib/gateway/forwarding-plane.ts. */
struct Command {
  enum class Kind {
    begin,
    readMore,
    takeFrames,
    handOver,
    carryTurn,
    openRelay,
    closeRelay,
    permit,
    forbid,
    relay,
    admit,
    listenForMedia,
    handled,
    send,
    openAnchor,
    sendToAnchor,
    select,
    giveWay,
    carry,
    write,
    pause,
    resume,
    finish,
    close
  };

  Kind kind;
  ConnectionId id;
  /** Of `send`, `sendToAnchor`, `carry`, `write` and `relay`. */
  std::string bytes{};
  /** Of `openAnchor`, of `openRelay` where to it leads, and of `permit` where the peer is. */
  Address address{};
  /** Of `permit`, `forbid` and `relay`: the peer as the UE calls it. */
  Address named{};
  /** Of `permit`; 0: none. */
  uint16_t channel = 0;
  /** Of `openRelay`. */
  AvoidedPorts avoid{};
  /** Of `takeFrames`, `handOver` and `carryTurn`: the first byte that counts. */
  size_t from = 0;
  /** Of `admit`. */
  Content content = Content::rtp;
  /** Of `select` and `giveWay`, ms. */
  double maxAge = 0;
  /** Of `giveWay`: the one that was selected. */
  ConnectionId selected = 0;
};

/** A thread with the connections that it alone touches. */
class Worker {
 public:
  /** Throws std::system_error or std::bad_alloc where the system gives no more descriptors or memory. */
  Worker(const Limits& limits, EventSink& events, Carrier& carrier);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /** Throws std::system_error where the system gives no more threads. */
  void start();
  /** Closes all connections, and tells no one of them. May be called twice. */
  void stop();
  /** From any thread: takes a connected socket, of which nothing is read until it is told to `begin`. */
  void add(ConnectionId id, int fd);
  /** From any thread; what was closed meanwhile is left alone. */
  void command(Command command);
  /** Before `start`, or from the worker's own thread. */
  void watch(int fd, Watched& watched);
  /** From the worker's own thread: it is not watched for a while, since its events cannot be served. */
  void rest(int fd, Watched& watched);
  /** From any thread: false if there is no such connection. */
  bool status(ConnectionId id, StatusValues& values);
  const Counters& counters() const { return counters_; }
  Counters& ownCounters() { return counters_; }
  /** Connections that are open or on their way here. */
  size_t load() const { return load_.load(std::memory_order_relaxed); }

 private:
  void run();
  void obeyAll();
  void obey(Command& command);
  static void obey(Relay& relay, const Command& command);
  Connection* find(ConnectionId id);
  void bury();
  void wakeRested();
  void wake() const;
  void clearWake() const;

  const Limits& limits_;
  EventSink& events_;
  const Descriptor epoll_;
  const Descriptor wake_;
  Counters counters_;
  /** What was read from UEs, until it was sent to rtpengine. */
  Arena arena_;
  Gathering gathering_;
  AnchorSockets anchors_;
  std::vector<ConnectionId> closed_;
  struct Resting {
    int fd;
    Watched* watched;
    /** ms. */
    double until;
  };
  std::vector<Resting> resting_;
  const Surroundings surroundings_;
  std::atomic<size_t> load_{0};
  std::atomic<bool> isStopped_{false};

  std::mutex commandsLock_;
  std::vector<Command> commands_;
  std::atomic<bool> hasCommands_{false};

  /** Only the worker takes entries out. */
  std::mutex connectionsLock_;
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace edge80
