#pragma once

#include <ctime>
#include <cstdint>
#include <string>
#include <vector>

#include "address.h"
#include "counters.h"

namespace edge80 {

class AnchorSockets;
class Arena;
class Gathering;

using ConnectionId = uint64_t;

#define EDGE80_FIELD(type, name) type name;
struct Limits {
  EDGE80_LIMITS(EDGE80_FIELD)
};
#undef EDGE80_FIELD

/** Why a connection ended by itself. */
enum class CloseReason { EDGE80_CLOSE_REASONS(EDGE80_IDENTIFIER) };
constexpr const char* closeReasons[] = {EDGE80_CLOSE_REASONS(EDGE80_NAME)};

/** The numbers of one connection. */
struct StatusValues {
#define EDGE80_VALUE(name) uint64_t name = 0;
  EDGE80_STATUS(EDGE80_VALUE)
#undef EDGE80_VALUE
};

/** What control is told. */
struct Event {
  enum class Kind { EDGE80_EVENTS(EDGE80_ITEM) };

  Kind kind;
  ConnectionId id;
  /** Of a connection that carries MSRP: what others tell does not wait behind it. */
  bool isBulk = false;
  /** Of `opening`, `handedOver`, `controlFrame` and `anchorDatagram`. */
  std::string bytes{};
  /** Of `accepted`, and `local` of `relayed`: of no family if there is none. */
  Address remote{}, local{};
  /** Of `handedOver`: who takes the event owns it. */
  int fd = -1;
  /** Of `closed`. */
  CloseReason reason = CloseReason::peer;
  StatusValues status{};
};

class EventSink {
 public:
  virtual void tell(Event event) = 0;

 protected:
  ~EventSink() = default;
};

/** What carries media of a UE to rtpengine with another of its connections, which may be another worker's. */
class Carrier {
 public:
  virtual void carry(ConnectionId id, std::string frame) = 0;

 protected:
  ~Carrier() = default;
};

/** What the connections of a worker share. */
struct Surroundings {
  const Limits& limits;
  EventSink& events;
  Carrier& carrier;
  Counters& counters;
  AnchorSockets& anchors;
  Arena& arena;
  Gathering& gathering;
  /** Connections that were closed and are still to be forgotten. */
  std::vector<ConnectionId>& closed;
  int epoll;
};

/** What a worker waits for. */
class Watched {
 public:
  /** Events as of epoll_wait(2). */
  virtual void ready(uint32_t events) = 0;

 protected:
  ~Watched() = default;
};

/** ms, rising. */
inline double monotonicMs() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace edge80
