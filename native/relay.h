#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "anchor-sockets.h"
#include "surroundings.h"
#include "turn-framer.h"
#include "ue-reader.h"
#include "ue-writer.h"

namespace edge80 {

class Relay;

/** A peer as control permits it; see RelayPeer in lib/gateway/forwarding-plane.ts. */
class RelayPeer final : public AnchorMember {
 public:
  RelayPeer(Relay& relay, const Address& named, uint16_t channel) : named(named), channel(channel), relay_(relay) {}

  const Address named;
  /** 0: none. */
  const uint16_t channel;

  void anchorPacket(const uint8_t* packet, size_t length) override;
  void anchorQueueFull() override;

 private:
  Relay& relay_;
};

/**
 * A connection that carries TURN (RFC 8656): its frames, its seat at a socket for relayed addresses, and its peers, which
 * are that socket's members. As in lib/gateway/relay.ts.
 */
class Relay final : public ByteTaker {
 public:
  /** Whose relay it is; may close it whenever it is called. */
  class Owner {
   public:
    /** A frame that is control's. */
    virtual Next message(const uint8_t* message, size_t length) = 0;
    virtual void drop(Drop reason, size_t packets) = 0;
    virtual void relayEnded(CloseReason reason) = 0;

   protected:
    ~Owner() = default;
  };

  /** `toAnchor` and `fromAnchor` count packets of media. */
  Relay(Owner& owner, UeWriter& writer, const Surroundings& around, Count& toAnchor, Count& fromAnchor);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  size_t push(const uint8_t* chunk, size_t length) override;

  /** False if it is open already; else the relayed address, of no family if there is none. */
  bool open(const Address& toward, const AvoidedPorts& avoid, Address& relayed);
  /** The relayed address, with all peers; not while packets are worked on. */
  void giveBack();
  void permit(const Address& named, const Address& at, uint16_t channel);
  void forbid(const Address& named);
  void relay(const Address& named, const uint8_t* data, size_t length);
  /** With its connection. May be called twice. */
  void close();

  /** From the framer. */
  Next frame(const uint8_t* frame, size_t length);
  void frameTooLong(size_t);
  void brokenFraming();
  /** From a peer. */
  void fromPeer(const RelayPeer& peer, const uint8_t* packet, size_t length);
  void drop(Drop reason) { owner_.drop(reason, 1); }

 private:
  /** With its channel beside it, by which it is mostly looked for. */
  struct Entry {
    uint16_t channel;
    std::unique_ptr<RelayPeer> peer;
  };

  RelayPeer* named(const Address& address) const;
  RelayPeer* bound(uint16_t channel) const;
  void fromUe(RelayPeer& peer, const uint8_t* data, size_t length);
  bool toPeer(RelayPeer& peer, PacketKind kind, const uint8_t* data, size_t length);
  void leave();

  Owner& owner_;
  UeWriter& writer_;
  const Surroundings& around_;
  Count& toAnchor_;
  Count& fromAnchor_;
  TurnFramer framer_;
  AnchorSocket* socket_ = nullptr;
  /** Of a UE there are few. */
  std::vector<Entry> peers_;
  /** Of Data indications. */
  uint64_t sent_ = 0;
  bool isClosed_ = false;
};

}  // namespace edge80
