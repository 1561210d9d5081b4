#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "anchor-sockets.h"
#include "media-queue.h"
#include "relay.h"
#include "surroundings.h"
#include "ue-reader.h"
#include "ue-writer.h"

namespace edge80 {

/** What a stream carries beside STUN; see StreamContent in lib/gateway/forwarding-plane.ts. */
enum class Content { EDGE80_CONTENTS(EDGE80_IDENTIFIER) };
constexpr const char* contents[] = {EDGE80_CONTENTS(EDGE80_NAME)};

/** What JavaScript may ask of a connection at any time; see ConnectionStatus in lib/gateway/forwarding-plane.ts. */
struct Status {
#define EDGE80_COUNT(name) Count name;
#define EDGE80_VALUE(name) name.value(),
  EDGE80_STATUS(EDGE80_COUNT)
  StatusValues values() const { return {EDGE80_STATUS(EDGE80_VALUE)}; }
#undef EDGE80_COUNT
#undef EDGE80_VALUE
};

/**
 * One TCP connection of a UE and, once nominated, its place at a UDP socket toward rtpengine: as in
 * lib/gateway/connection.ts. Belongs to one worker's thread. Control decides on the first frame, and on each check before
 * the nomination.
 */
class Connection final : public Watched,
                         public AnchorMember,
                         private UeReader::Owner,
                         private UeWriter::Owner,
                         private Relay::Owner {
 public:
  Connection(ConnectionId id, int fd, const Surroundings& around);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ConnectionId id;
  Status status;

  bool isOpen() const { return phase_ != Phase::closed; }

  /** Nothing is read before. */
  void begin() { reader_.begin(); }
  /** What control says of an `opening`: it cannot tell yet; frames begin at that byte; it takes the connection from there. */
  void readMore() { reader_.readMore(); }
  void takeFrames(size_t from) { reader_.takeFrames(from); }
  void handOver(size_t from);
  /** From that byte on it carries TURN. */
  void carryTurn(size_t from);
  /** Opens the relayed address of such a connection, and tells control. */
  void openRelay(const Address& toward, const AvoidedPorts& avoid);
  /** Null of one that does not carry TURN. */
  Relay* relay() const { return relay_.get(); }
  void admit(Content content);
  /** Control is told of the next packet of media, once. */
  void listenForMedia() { isListenedTo_ = true; }
  void handled() { reader_.handled(); }
  void send(const std::string& message);
  void openAnchor(const Address& anchor);
  void sendToAnchor(const std::string& message);
  /** `maxAge` in ms. */
  void select(double maxAge);
  /** Another connection of the stream, `selected`, was selected; see lib/gateway/forwarding-plane.ts. */
  void giveWay(ConnectionId selected, double maxAge);
  /** To rtpengine, or held: what the UE sent on another connection, which has given way to this one. */
  void carry(const std::string& frame);
  void write(std::string frames);
  void pause();
  void resume() { reader_.resume(); }
  void finish();
  /** Tells no one: control knows. May be called twice. */
  void close();

  void ready(uint32_t events) override;
  void anchorPacket(const uint8_t* packet, size_t length) override;
  void anchorQueueFull() override;

 private:
  /**
   * How far it has come: `stranger` until control admits it, `admitted` while its pair is valid and not nominated,
   * `nominating` from then until it is `selected`, and when another one is.
   */
  enum class Phase : uint8_t { stranger, admitted, nominating, selected, closed };

  Next frame(const uint8_t* frame, size_t length) override;
  void frameTooLong(size_t header) override;
  void opening(const std::string& bytes) override;
  void readEnded(CloseReason reason) override;
  Next message(const uint8_t* message, size_t length) override;
  void relayEnded(CloseReason reason) override;
  Next tellFrame(const uint8_t* frame, size_t length, bool mayDecide);
  bool carries(PacketKind kind) const;
  void carryOwn(const uint8_t* frame, size_t length, PacketKind kind);
  bool toAnchor(const uint8_t* frame, size_t length, PacketKind kind);
  void hold(const uint8_t* frame, size_t length);
  template <typename Carry>
  void release(Carry carry);
  void dropHeld(size_t frames);
  void drop(Drop reason, size_t packets = 1) override;
  void writeBlocked() override;
  void writeFailed() override;
  void drained() override;
  void tell(Event event);
  void end(CloseReason reason);
  int release();

  const Surroundings& around_;
  int fd_;
  Phase phase_ = Phase::stranger;
  Content content_ = Content::rtp;
  bool isListenedTo_ = false;
  UeReader reader_;
  UeWriter writer_;
  /** Media of the UE until the connection is selected: it may begin once a check was answered (RFC 8445 §12.1). */
  std::unique_ptr<MediaQueue> held_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace edge80
