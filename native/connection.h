#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "anchor-sockets.h"
#include "deframer.h"
#include "media-queue.h"
#include "surroundings.h"

namespace edge80 {

/** What a stream carries beside STUN; see StreamContent in lib/gateway/forwarding-plane.ts. */
enum class Content { rtp, dtls, msrp };

/** What JavaScript may ask of a connection at any time. */
struct Status {
  Count received;
  Count dropped;
  /** Frames that are dropped if it closes now. */
  Count held;
};

/**
 * One TCP connection of a UE and, once nominated, its place at a UDP socket toward rtpengine: as in
 * lib/gateway/connection.ts. Belongs to one worker's thread.
 *
 * Control is elsewhere and answers later. What follows a frame on which its decision hangs, the first and each check
 * before the nomination, is therefore not looked at until control has `handled` that frame.
 */
class Connection final : public Watched, public AnchorMember {
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
  void handled();
  void send(const std::string& message);
  void openAnchor(const Address& anchor);
  void sendToAnchor(const std::string& message);
  /** `maxAge` in ms. */
  void select(double maxAge);
  void write(std::string frames);
  void pause();
  void resume();
  void finish();
  /** Tells no one: control knows. May be called twice. */
  void close();

  void ready(uint32_t events) override;
  void anchorPacket(uint8_t* packet, size_t length) override;
  void anchorQueueFull() override;

  /** From the deframer. */
  Next frame(const uint8_t* frame, size_t length);
  void frameTooLong(size_t header);

 private:
  /**
   * How far it has come: `stranger` until control admits it, `admitted` while no pair is selected, `nominating` from
   * the nomination until it is `selected`.
   */
  enum class Phase : uint8_t { stranger, admitted, nominating, selected, closed };

  bool carries(PacketKind kind) const;
  bool isIdle() const;
  void read(bool isEnding);
  size_t readOnce(size_t most);
  void toAnchor(const uint8_t* frame, size_t length, PacketKind kind);
  void hold(const uint8_t* frame, size_t length);
  void drop(Drop reason, size_t packets = 1);
  void tell(Event event);
  void end(CloseReason reason);
  void flush();
  bool nextFrame();
  /** How many bytes the kernel took; 0 if none now, and closes on a fault. */
  size_t give(const uint8_t* bytes, size_t length);
  void watch();
  void rearm();

  const Surroundings& around_;
  int fd_;
  Phase phase_ = Phase::stranger;
  Content content_ = Content::rtp;
  bool isBegun_ = false;
  bool isFinishing_ = false;
  bool isShut_ = false;
  bool isPaused_ = false;
  bool isWaiting_ = false;
  bool isDrained_ = true;
  bool isBlocked_ = false;
  uint32_t watched_ = 0;
  unsigned unhandled_ = 0;
  Deframer deframer_;
  MediaQueue media_;
  /** What of the frame that is being sent the kernel has not taken yet. */
  std::string unsent_;
  size_t sentOfUnsent_ = 0;
  size_t stunBytes_ = 0;
  /** What few connections need, and is there only while they do. */
  struct Extra {
    std::deque<std::string> stun;
    /** Frames of `msrp` that wait for the kernel. */
    std::deque<std::string> stream;
    /** Media of the UE while rtpengine has not answered: it may begin as soon as its own check was answered. */
    std::deque<std::string> held;
    /** Bytes read behind a frame that control has not handled. */
    std::string backlog;

    bool isEmpty() const { return stun.empty() && stream.empty() && held.empty() && backlog.empty(); }
  };
  Extra& extra();
  std::unique_ptr<Extra> extra_;
};

}  // namespace edge80
