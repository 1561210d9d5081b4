#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "counters.h"
#include "gathering.h"
#include "media-queue.h"
#include "surroundings.h"
#include "turn-frames.h"

namespace edge80 {

/**
 * What goes to a UE over its connection: STUN first, then a stream's bytes or media, of which each waits in a bounded
 * queue of its own while the kernel takes no more, and media until the connection is selected. Only what is still here
 * can be dropped when it grows old: so the kernel is given a frame at a time, or those that came in one turn, and the
 * next only when it has taken the last.
 */
class UeWriter final : public Gatherer {
 public:
  /** Whose connection it is; may close the writer whenever it is called. */
  class Owner {
   public:
    virtual void drop(Drop reason, size_t packets) = 0;
    /** `ready` is waited for. */
    virtual void writeBlocked() = 0;
    virtual void writeFailed() = 0;
    /** All of `stream` was taken. */
    virtual void drained() = 0;

   protected:
    ~Owner() = default;
  };

  /** `held` counts frames that are dropped if the connection ends now. */
  UeWriter(int fd, Owner& owner, Traffic& written, Count& held, const Limits& limits);

  /** Media waits until `release`, as from the beginning. */
  void hold();
  /** `maxAge`: how long media may wait from now on, ms. */
  void release(double maxAge);
  /** STUN goes without a frame from now on, and media comes as TURN has it; of a connection that carries TURN. */
  void carryTurn();
  /** False if more waits than may. */
  bool stun(const std::string& message);
  void stream(std::string frames);
  void writeGathered(const GatheredFrame* first) override;
  /** Ends our side of the connection behind what waits; nothing more is taken of a stream. */
  void finish();
  bool isFinishing() const { return isFinishing_; }
  /** The kernel takes more. */
  void ready();
  bool isBlocked() const { return isBlocked_; }
  /** Forgets what waits, and writes nothing any more. May be called twice. */
  void close();

 private:
  bool isOpen() const { return fd_ >= 0; }
  bool isIdle() const;
  void flush();
  bool nextFrame();
  turn::Packet packetOf(const uint8_t* frame, size_t length) const;
  void count(const uint8_t* frame, size_t length);
  void takeBack(const uint8_t* frame, size_t length);
  const GatheredFrame* writeSome(const GatheredFrame* first);
  size_t give(iovec* parts, size_t frames, size_t length);

  int fd_;
  Owner& owner_;
  Traffic& written_;
  Count& held_;
  const Limits& limits_;
  bool isHolding_ = true;
  bool isTurn_ = false;
  bool isFinishing_ = false;
  bool isShut_ = false;
  bool isDrained_ = true;
  bool isBlocked_ = false;
  MediaQueue media_;
  /** What of the frame that is being sent the kernel has not taken yet. */
  std::string unsent_;
  size_t sentOfUnsent_ = 0;
  size_t stunBytes_ = 0;
  /** What few connections need, and is there only while they do. */
  struct Waiting {
    std::deque<std::string> stun;
    std::deque<std::string> stream;

    bool isEmpty() const { return stun.empty() && stream.empty(); }
  };
  Waiting& waiting();
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace edge80
