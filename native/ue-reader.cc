#include "ue-reader.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "anchor-sockets.h"
#include "media-opening.h"

namespace edge80 {

namespace {

/** Bytes in one read: of a stranger, and of a UE. */
constexpr size_t strangerReadBytes = 4096;
constexpr size_t readBytes = 65536;

/** Reads of one connection before others get their turn. */
constexpr int maxReads = 4;

/** Frames that control has not handled, of one connection: no more is read until it has. */
constexpr unsigned maxUnhandled = 16;

}  // namespace

UeReader::UeReader(int fd, Watched& watched, Owner& owner, const Surroundings& around, Count& received)
    : fd_(fd),
      watchedBy_(watched),
      owner_(owner),
      around_(around),
      received_(received),
      deframer_(around.limits.firstFrameBytes) {}

void UeReader::begin() {
  if (!isOpen() || isBegun_) return;
  isBegun_ = true;
  epoll_event event{};
  event.data.ptr = &watchedBy_;
  epoll_ctl(around_.epoll, EPOLL_CTL_ADD, fd_, &event);
  watch();
}

void UeReader::readMore() {
  isWaiting_ = false;
  watch();
}

void UeReader::takeFrames(size_t from) {
  if (!isOpen() || isFramed_) return;
  isFramed_ = true;
  isWaiting_ = false;
  const std::string frames = takeOpening(from);
  push(reinterpret_cast<const uint8_t*>(frames.data()), frames.size());
  watch();
}

void UeReader::giveTo(ByteTaker& taker, size_t from) {
  taker_ = &taker;
  takeFrames(from);
}

std::string UeReader::takeOpening(size_t from) {
  const std::unique_ptr<std::string> opening = std::move(opening_);
  return opening == nullptr || from > opening->size() ? std::string() : opening->substr(from);
}

void UeReader::admit(size_t longestFrame) {
  isStranger_ = false;
  deframer_.limit = longestFrame;
}

Next UeReader::told(bool mayDecide) {
  unhandled_ += 1;
  isWaiting_ = mayDecide || unhandled_ >= maxUnhandled;
  return isWaiting_ ? Next::wait : Next::goOn;
}

void UeReader::handled() {
  if (!isOpen()) return;
  if (unhandled_ > 0) unhandled_ -= 1;
  if (!isWaiting_ || unhandled_ > 0) return;
  isWaiting_ = false;
  if (backlog_ != nullptr) {
    const std::unique_ptr<std::string> backlog = std::move(backlog_);
    push(reinterpret_cast<const uint8_t*>(backlog->data()), backlog->size());
  }
  watch();
}

void UeReader::pause() {
  isPaused_ = true;
  watch();
}

void UeReader::resume() {
  isPaused_ = false;
  watch();
}

void UeReader::watchWriting(bool isWatched) {
  isWriting_ = isWatched;
  watch();
}

bool UeReader::ready(uint32_t events) {
  if ((events & watched_ & EPOLLIN) == 0) return false;
  read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  return true;
}

void UeReader::close() {
  fd_ = -1;
  backlog_.reset();
  opening_.reset();
}

/**
 * The kernel tells only of what is new, which costs less: so all that is there is read, and what is left for the others'
 * sake is asked for anew. `isEnding`: behind what can be read is the end.
 */
void UeReader::read(bool isEnding) {
  for (int i = 0; i < maxReads; i++) {
    const size_t most = isStranger_ ? strangerReadBytes : readBytes;
    const size_t length = readOnce(most);
    if (!isOpen() || isWaiting_ || isPaused_) return;
    if (length < most && !isEnding) return;
  }
  rearm();
}

/** How many bytes were read; 0 if there were none, or it was closed. */
size_t UeReader::readOnce(size_t most) {
  Arena& arena = around_.arena;
  // Of what is read one frame may have begun before: it is put together behind.
  if (arena.room() < readBytes + around_.limits.frameBytes) around_.anchors.flush();
  uint8_t* chunk = arena.free();
  const ssize_t count = recv(fd_, chunk, most, MSG_DONTWAIT);
  if (count <= 0) {
    if (count == 0) owner_.readEnded(CloseReason::peer);
    else if (errno != EAGAIN && errno != EINTR) owner_.readEnded(CloseReason::socketError);
    return 0;
  }
  const auto length = static_cast<size_t>(count);
  received_.add(length);
  if (!isFramed_ && !isMedia(chunk, length)) return length;
  arena.keep(length);
  push(chunk, length);
  if (isOpen() && isWaiting_) watch();
  return length;
}

/** Whether a chunk is to be pushed: if not, more has to come, control has to say what it is, or it was pushed already. */
bool UeReader::isMedia(const uint8_t* chunk, size_t length) {
  if (opening_ == nullptr) {
    isFramed_ = mediaOpening(chunk, length, deframer_.limit) == MediaOpening::media;
    if (isFramed_) return true;
    opening_ = std::make_unique<std::string>();
  }
  opening_->append(reinterpret_cast<const char*>(chunk), length);
  const auto* const bytes = reinterpret_cast<const uint8_t*>(opening_->data());
  switch (mediaOpening(bytes, opening_->size(), deframer_.limit)) {
    case MediaOpening::unfinished: break;
    case MediaOpening::media: takeFrames(0); break;
    case MediaOpening::other:
      isWaiting_ = true;
      watch();
      owner_.opening(*opening_);
  }
  return false;
}

/** What lies behind a frame that waits for control is kept. */
void UeReader::push(const uint8_t* chunk, size_t length) {
  const size_t done = taker_ == nullptr ? deframer_.push(chunk, length, owner_) : taker_->push(chunk, length);
  if (isOpen() && isWaiting_ && done < length) {
    backlog_ = std::make_unique<std::string>(reinterpret_cast<const char*>(chunk) + done, length - done);
  }
}

void UeReader::watch() {
  if (!isOpen() || !isBegun_) return;
  const bool isRead = !isPaused_ && !isWaiting_;
  const uint32_t wanted = (isRead ? EPOLLIN : 0u) | (isWriting_ ? EPOLLOUT : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  rearm();
}

/** Events that stand are told of again. */
void UeReader::rearm() {
  epoll_event event{};
  event.events = watched_ | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watchedBy_;
  epoll_ctl(around_.epoll, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace edge80
