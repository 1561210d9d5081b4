#include "ue-writer.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "deframer.h"

namespace edge80 {

namespace {

/** Frames, and about how many bytes, in one write. */
constexpr size_t maxGathered = 64;
constexpr size_t gatheredBytes = 4096;

const uint8_t* bytesOf(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

std::string framed(const std::string& message) {
  const size_t length = message.size();
  uint8_t header[headerBytes];
  writeHeader(header, length);
  std::string frame;
  frame.reserve(headerBytes + length);
  frame.assign(reinterpret_cast<const char*>(header), headerBytes);
  return frame += message;
}

}  // namespace

UeWriter::UeWriter(int fd, Owner& owner, Traffic& written, Count& held, const Limits& limits)
    : fd_(fd),
      owner_(owner),
      written_(written),
      held_(held),
      limits_(limits),
      media_(limits.heldMs, limits.queueBytes) {}

void UeWriter::hold() {
  isHolding_ = true;
  media_.maxAge = limits_.heldMs;
}

void UeWriter::release(double maxAge) {
  isHolding_ = false;
  flush();
  media_.maxAge = maxAge;
}

void UeWriter::carryTurn() {
  isTurn_ = true;
  // What it is to be is unknown: as for the kind that may wait longest.
  release(limits_.videoQueueMs);
}

bool UeWriter::stun(const std::string& message) {
  if (!isOpen() || isFinishing_) return true;
  waiting().stun.push_back(isTurn_ ? message : framed(message));
  stunBytes_ += waiting().stun.back().size();
  written_.count(PacketKind::stun, message.size());
  flush();
  return stunBytes_ <= limits_.stunQueueBytes;
}

void UeWriter::stream(std::string frames) {
  if (!isOpen() || isFinishing_) return;
  waiting().stream.push_back(std::move(frames));
  isDrained_ = false;
  flush();
}

/** What the kernel does not take waits, oldest first. */
void UeWriter::writeGathered(const GatheredFrame* frame) {
  while (frame != nullptr && isIdle()) frame = writeSome(frame);
  if (frame == nullptr) return;
  const double now = monotonicMs();
  for (; frame != nullptr; frame = frame->next) {
    if (!isOpen()) {
      owner_.drop(Drop::connectionEnded, 1);
      continue;
    }
    const auto* bytes = reinterpret_cast<const char*>(frame->bytes());
    const MediaQueue::Dropped dropped = media_.push(std::string(bytes, frame->length), now);
    held_.add(1);
    held_.remove(dropped.forAge + dropped.forBytes);
    owner_.drop(Drop::queueAge, dropped.forAge);
    owner_.drop(Drop::queueBytes, dropped.forBytes);
  }
  flush();
}

/** Writes as many as the kernel should have at once; gives the first of the rest. */
const GatheredFrame* UeWriter::writeSome(const GatheredFrame* first) {
  iovec parts[maxGathered];
  size_t frames = 0, length = 0;
  for (const auto* frame = first; frame != nullptr && frames < maxGathered; frame = frame->next) {
    if (frames > 0 && length + frame->length > gatheredBytes) break;
    parts[frames++] = {const_cast<uint8_t*>(frame->bytes()), frame->length};
    length += frame->length;
    // Before the UE can have it.
    count(frame->bytes(), frame->length);
  }
  size_t taken = give(parts, frames, length);
  for (; frames > 0 && taken >= first->length; frames--, first = first->next) taken -= first->length;
  if (frames == 0) return first;
  const GatheredFrame* rest = first;
  if (isOpen()) {
    unsent_.assign(reinterpret_cast<const char*>(first->bytes()) + taken, first->length - taken);
    sentOfUnsent_ = 0;
    rest = first->next;
    frames -= 1;
    owner_.writeBlocked();
  }
  for (const auto* frame = rest; frames > 0; frames--, frame = frame->next) {
    takeBack(frame->bytes(), frame->length);
  }
  return rest;
}

void UeWriter::finish() {
  isFinishing_ = true;
  flush();
}

void UeWriter::ready() {
  isBlocked_ = false;
  flush();
}

void UeWriter::close() {
  if (!isOpen()) return;
  fd_ = -1;
  held_.remove(media_.length());
  owner_.drop(Drop::connectionEnded, media_.length());
  waiting_.reset();
  media_.clear();
  std::string().swap(unsent_);
}

/** Nothing waits: what comes now needs neither queue nor clock. */
bool UeWriter::isIdle() const {
  return isOpen() && !isHolding_ && unsent_.empty() && media_.length() == 0 && (waiting_ == nullptr || waiting_->stun.empty());
}

void UeWriter::flush() {
  while (isOpen() && !isBlocked_) {
    if (unsent_.empty() && !nextFrame()) {
      if (isFinishing_ && !isShut_) {
        isShut_ = true;
        shutdown(fd_, SHUT_WR);
      } else if (!isDrained_ && !isFinishing_) {
        isDrained_ = true;
        owner_.drained();
      }
      if (waiting_ != nullptr && waiting_->isEmpty()) waiting_.reset();
      return;
    }
    const size_t rest = unsent_.size() - sentOfUnsent_;
    iovec part{unsent_.data() + sentOfUnsent_, rest};
    sentOfUnsent_ += give(&part, 1, rest);
    if (!isOpen()) return;
    if (sentOfUnsent_ < unsent_.size()) return owner_.writeBlocked();
    std::string().swap(unsent_);
    sentOfUnsent_ = 0;
  }
}

/** Puts the next frame into `unsent_`; false if there is none. */
bool UeWriter::nextFrame() {
  if (waiting_ != nullptr && !waiting_->stun.empty()) {
    unsent_ = std::move(waiting_->stun.front());
    waiting_->stun.pop_front();
    stunBytes_ -= unsent_.size();
    return true;
  }
  if (waiting_ != nullptr && !waiting_->stream.empty()) {
    unsent_ = std::move(waiting_->stream.front());
    waiting_->stream.pop_front();
    return true;
  }
  if (isHolding_ || media_.length() == 0) return false;
  const size_t old = media_.dropOld(monotonicMs());
  held_.remove(old);
  owner_.drop(Drop::queueAge, old);
  if (media_.length() == 0) return false;
  unsent_ = media_.shift();
  held_.remove(1);
  count(bytesOf(unsent_), unsent_.size());
  return true;
}

turn::Packet UeWriter::packetOf(const uint8_t* frame, size_t length) const {
  if (isTurn_) return turn::packetIn(frame);
  return {frame + headerBytes, length - headerBytes};
}

void UeWriter::count(const uint8_t* frame, size_t length) {
  const turn::Packet packet = packetOf(frame, length);
  written_.count(packetKind(packet.bytes, packet.length), packet.length);
}

void UeWriter::takeBack(const uint8_t* frame, size_t length) {
  const turn::Packet packet = packetOf(frame, length);
  written_.takeBack(packetKind(packet.bytes, packet.length), packet.length);
}

/** How many of all `length` bytes the kernel took; 0 if none now, or on a fault, which the owner is told. */
size_t UeWriter::give(iovec* parts, size_t frames, size_t length) {
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = frames;
  const ssize_t taken = sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN) {
    owner_.writeFailed();
    return 0;
  }
  const size_t done = taken < 0 ? 0 : static_cast<size_t>(taken);
  isBlocked_ = done < length;
  return done;
}

UeWriter::Waiting& UeWriter::waiting() {
  if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
  return *waiting_;
}

}  // namespace edge80
