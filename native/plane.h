#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "worker.h"

namespace edge80 {

class Listener;

/** The forwarding plane: listeners, workers, and what they have to tell. */
class Plane final : public EventSink, public Carrier {
 public:
  /**
   * `wake` is called, from any thread, when there are events after there were none. Throws, as `listen` does, what
   * Worker throws.
   */
  Plane(const Limits& limits, size_t threads, std::function<void()> wake);
  ~Plane();

  /** 0, or the system's error and the index of the address that it belongs to; nothing is left open then. */
  int listen(const std::vector<Address>& addresses, bool ipv6Only, size_t& failed);
  std::vector<Address> addresses() const;
  /** To the worker that has the connection. */
  void command(Command command);
  bool status(ConnectionId id, StatusValues& values);
  /**
   * The oldest events, in their order for each connection: so many of those that are not bulk, and of bulk at least one
   * and about so many bytes. Until none is left `wake` is not called again.
   */
  std::vector<Event> take(size_t events, size_t bulkBytes);
  /** Control has so much to do that it cannot take new connections. */
  bool isBehind();
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  /** Closes listeners and connections; may be called twice. */
  void stop();

  void tell(Event event) override;
  void carry(ConnectionId id, std::string frame) override;
  /** From the first worker's thread. */
  void accepted(int fd, const Address& remote);

 private:
  const Limits limits_;
  const std::function<void()> wake_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  ConnectionId lastSequence_ = 0;

  std::mutex eventsLock_;
  std::deque<Event> events_;
  std::deque<Event> bulk_;
};

}  // namespace edge80
