#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "anchor-sockets.h"
#include "deframer.h"
#include "media-queue.h"
#include "surroundings.h"
#include "text-opening.h"
#include "ue-writer.h"

namespace edge80 {

/** What a stream carries beside STUN; see StreamContent in lib/gateway/forwarding-plane.ts. */
enum class Content { EDGE80_CONTENTS(EDGE80_IDENTIFIER) };
constexpr const char* contents[] = {EDGE80_CONTENTS(EDGE80_NAME)};

/** What JavaScript may ask of a connection at any time; see ConnectionStatus in lib/gateway/forwarding-plane.ts. */
struct Status {
  Count received;
  Count dropped;
  Count toAnchor;
  Count fromAnchor;
  /** Frames that are dropped if it closes now. */
  Count held;

  StatusValues values() const {
    return {received.value(), dropped.value(), held.value(), toAnchor.value(), fromAnchor.value()};
  }
};

/**
 * One TCP connection of a UE and, once nominated, its place at a UDP socket toward rtpengine: as in
 * lib/gateway/connection.ts. Belongs to one worker's thread.
 *
 * Control is elsewhere and answers later. What follows a frame on which its decision hangs, the first and each check
 * before the nomination, is therefore not looked at until control has `handled` that frame.
 */
class Connection final : public Watched, public AnchorMember, private UeWriter::Owner {
 public:
  Connection(ConnectionId id, int fd, const Surroundings& around);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ConnectionId id;
  Status status;

  bool isOpen() const { return phase_ != Phase::closed; }

  /** Nothing is read before. */
  void begin();
  void admit(Content content);
  /** Control is told of the next packet of media, once. */
  void listenForMedia() { isListenedTo_ = true; }
  void handled();
  void send(const std::string& message);
  void openAnchor(const Address& anchor);
  void sendToAnchor(const std::string& message);
  /** `maxAge` in ms. */
  void select(double maxAge);
  /** Another connection of the stream, `selected`, was selected; see lib/gateway/forwarding-plane.ts. */
  void giveWay(ConnectionId selected, double maxAge);
  /** To rtpengine: what the UE sent on another connection, which has given way to this one. */
  void carry(const std::string& frame);
  void write(std::string frames);
  void pause();
  void resume();
  void finish();
  /** Tells no one: control knows. May be called twice. */
  void close();

  void ready(uint32_t events) override;
  void anchorPacket(const uint8_t* packet, size_t length) override;
  void anchorQueueFull() override;

  /** From the deframer. */
  Next frame(const uint8_t* frame, size_t length);
  void frameTooLong(size_t header);

 private:
  /**
   * How far it has come: `stranger` until control admits it, `admitted` while its pair is valid and not nominated,
   * `nominating` from then until it is `selected`, and when another one is. One whose first bytes are text is no longer
   * a `stranger`: what it says is `text` until it is known what that is, and HTTP is `answered`.
   */
  enum class Phase : uint8_t { stranger, text, answered, admitted, nominating, selected, closed };

  bool carries(PacketKind kind) const;
  void read(bool isEnding);
  size_t readOnce(size_t most);
  void takeText(const char* bytes, size_t length);
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
  void watch();
  void rearm();

  const Surroundings& around_;
  int fd_;
  Phase phase_ = Phase::stranger;
  Content content_ = Content::rtp;
  bool isBegun_ = false;
  bool isPaused_ = false;
  bool isWaiting_ = false;
  bool isListenedTo_ = false;
  uint32_t watched_ = 0;
  unsigned unhandled_ = 0;
  Deframer deframer_;
  UeWriter writer_;
  /** Media of the UE until the connection is selected: it may begin once a check was answered (RFC 8445 §12.1). */
  std::unique_ptr<MediaQueue> held_;
  /** What few connections need, and is there only while they do. */
  struct Extra {
    /** Bytes read behind a frame that control has not handled. */
    std::string backlog;
    /** The first bytes of one that sends text. */
    std::string opening;
  };
  Extra& extra();
  std::unique_ptr<Extra> extra_;
};

}  // namespace edge80
