#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "address.h"
#include "counters.h"
#include "gathering.h"
#include "arena.h"
#include "surroundings.h"

namespace edge80 {

class AnchorSocket;

/** Ports that a relayed address must not have, in order; `isAlone`: any that another UE has, or gets. */
struct AvoidedPorts {
  std::vector<uint16_t> ports{};
  bool isAlone = false;
};

/** A connection of a UE as rtpengine sees it: a socket of ours, and the address at rtpengine. */
class AnchorMember {
 public:
  virtual void anchorPacket(const uint8_t* packet, size_t length) = 0;
  /** A packet toward the anchor was dropped: the kernel took no more. */
  virtual void anchorQueueFull() = 0;

  Address anchor;
  AnchorSocket* socket = nullptr;

 protected:
  ~AnchorMember() = default;
};

/**
 * One UDP socket toward rtpengine, for many connections: what comes is told apart by rtpengine's address, which is one
 * a stream. rtpengine in turn tells the connections of a stream apart by our address, and remembers for as long as the
 * stream lives; so of each stream only one connection ever uses this socket.
 */
class AnchorSocket final : public Watched {
 public:
  /** `source` with port 0, as `fd` is bound to it. */
  AnchorSocket(AnchorSockets& all, int fd, const Address& source, bool isForRelays);
  ~AnchorSocket();

  void ready(uint32_t events) override;

  const Address source;
  const uint16_t port;
  /** Its members are peers of UEs that have relayed addresses here, as many as `seats`. */
  const bool isForRelays;
  size_t seats = 0;
  /** It is one UE's. */
  bool isAlone = false;
  /** False if another member is there. */
  bool add(AnchorMember& member, const Address& anchor);
  void remove(AnchorMember& member);
  bool isEmpty() const { return members_.empty() && seats == 0; }
  /** Of an earlier connection of that stream too. */
  bool wasUsedFor(const Endpoint& anchor) const { return used_.count(anchor) > 0; }
  size_t timesUsed() const { return used_.size(); }

 private:
  friend class AnchorSockets;

  struct Waiting {
    const uint8_t* bytes;
    size_t length;
    PacketKind kind;
    AnchorMember* member;
  };

  AnchorMember* memberAt(const Address& anchor) const;
  AnchorMember*& likelyAt(uint16_t port) const;
  size_t receive();
  void readErrors();
  void countOverflow();
  void flush();
  void fill(size_t from, size_t count);

  AnchorSockets& all_;
  std::unordered_map<Endpoint, AnchorMember*, EndpointHash> members_;
  /** All that were ever members. */
  std::unordered_set<Endpoint, EndpointHash> used_;
  /** By rtpengine's port, which is most often that of one address: found at once, without a look into the table. */
  LazyMemory likely_{65536 * sizeof(AnchorMember*)};
  int fd_;
  /** Packets that the kernel had no room for, ever. */
  uint32_t overflowed_ = 0;
  std::vector<Waiting> waiting_;
};

/** The sockets of one worker toward rtpengine: as few as its connections can share. */
class AnchorSockets {
 public:
  /** `obey` does what control has asked for: it may know of a decision before rtpengine's next packet comes. */
  AnchorSockets(int epoll, Counters& counters, Arena& arena, Gathering& gathering, std::function<void()> obey);
  ~AnchorSockets();

  /** False, and counted, if there is no way to that address. */
  bool join(AnchorMember& member, const Address& anchor);
  void leave(AnchorMember& member);
  /** At that socket: false if another member is there. */
  bool join(AnchorMember& member, const Address& anchor, AnchorSocket& socket);
  /** A socket for relays that leads there, whose port is none of `avoid`; null, and counted, if there is none. */
  AnchorSocket* seat(const Address& toward, const AvoidedPorts& avoid);
  void leaveSeat(AnchorSocket& socket);
  /** Sends with the next `flush`; what does not lie in the arena is copied there. */
  void send(AnchorMember& member, const uint8_t* packet, size_t length, PacketKind kind);
  /** Sends all that waits; the arena is free then. */
  void flush();
  /** Closes what nobody uses any more; not to be called while events are worked on. */
  void tidy();

 private:
  friend class AnchorSocket;

  /** Packets in one system call. */
  static constexpr size_t batch = 64;
  /** The longest datagram that there is. */
  static constexpr size_t slotBytes = 65536;

  /** Our address toward the anchor, port 0. */
  static bool sourceToward(const Address& anchor, Address& source);
  /** One that suits, or a new one; null, and counted, if there is none. */
  template <typename Suits>
  AnchorSocket* socketToward(const Address& anchor, bool isForRelays, Suits suits);
  AnchorSocket* open(const Address& source, bool isForRelays);

  int epoll_;
  Counters& counters_;
  Arena& arena_;
  Gathering& gathering_;
  const std::function<void()> obey_;
  std::vector<std::unique_ptr<AnchorSocket>> sockets_;
  bool isUntidy_ = false;

  LazyMemory received_;
  iovec receivedParts_[batch];
  Address sources_[batch];
  mmsghdr receivedMessages_[batch];
  iovec sentParts_[batch];
  mmsghdr sentMessages_[batch];
};

}  // namespace edge80
