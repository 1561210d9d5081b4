#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "deframer.h"
#include "surroundings.h"

namespace edge80 {

/** Cuts the bytes of a connection, in their order; as Deframer::push. */
class ByteTaker {
 public:
  virtual size_t push(const uint8_t* chunk, size_t length) = 0;

 protected:
  ~ByteTaker() = default;
};

/**
 * What comes from a UE over its connection, cut into frames.
 *
 * Control is elsewhere and answers later. What follows a frame on which its decision hangs is therefore not looked at
 * until control has `handled` that frame.
 */
class UeReader {
 public:
  /** Whose connection it is; may close the reader whenever it is called. */
  class Owner {
   public:
    /** As of Deframer. */
    virtual Next frame(const uint8_t* frame, size_t length) = 0;
    virtual void frameTooLong(size_t header) = 0;
    /** All that came so far is not the beginning of media: nothing more is read until `readMore`, `takeFrames` or `giveTo`. */
    virtual void opening(const std::string& bytes) = 0;
    virtual void readEnded(CloseReason reason) = 0;

   protected:
    ~Owner() = default;
  };

  /** `received` counts bytes. Until `begin` nothing is read. */
  UeReader(int fd, Watched& watched, Owner& owner, const Surroundings& around, Count& received);

  void begin();
  /** Control cannot tell yet what `opening` is. */
  void readMore();
  /** From that byte of `opening` on all is frames. */
  void takeFrames(size_t from);
  /** From that byte of `opening` on all is cut elsewhere. */
  void giveTo(ByteTaker& taker, size_t from);
  /** From that byte on, what was told as `opening`. */
  std::string takeOpening(size_t from);
  /** From now on so long frames are taken: it is no stranger's any more. */
  void admit(size_t longestFrame);
  /** Control was told of a frame. `mayDecide`: what comes behind it waits until it was `handled`. */
  Next told(bool mayDecide);
  void handled();
  void pause();
  void resume();
  /** `ready` is told when the kernel takes more, too. */
  void watchWriting(bool isWatched);
  /** Events as of epoll_wait(2); false if they do not concern it. */
  bool ready(uint32_t events);
  /** Forgets what waits, and reads nothing any more. May be called twice. */
  void close();

 private:
  bool isOpen() const { return fd_ >= 0; }
  void read(bool isEnding);
  size_t readOnce(size_t most);
  bool isMedia(const uint8_t* chunk, size_t length);
  void push(const uint8_t* chunk, size_t length);
  void watch();
  void rearm();

  int fd_;
  Watched& watchedBy_;
  Owner& owner_;
  const Surroundings& around_;
  Count& received_;
  bool isBegun_ = false;
  bool isStranger_ = true;
  /** It is known to carry frames. */
  bool isFramed_ = false;
  bool isPaused_ = false;
  bool isWaiting_ = false;
  bool isWriting_ = false;
  uint32_t watched_ = 0;
  unsigned unhandled_ = 0;
  Deframer deframer_;
  /** In place of the deframer, if set. */
  ByteTaker* taker_ = nullptr;
  /** What came until it was known what that is; there only if that took more than one read, or is control's to say. */
  std::unique_ptr<std::string> opening_;
  /** Bytes read behind a frame that control has not handled; there only while there are some. */
  std::unique_ptr<std::string> backlog_;
};

}  // namespace edge80
