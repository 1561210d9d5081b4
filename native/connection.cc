#include "connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "control-text.h"

namespace edge80 {

namespace {

/** Frames of a stream of bytes are no datagrams: whatever fits into the header is taken (RFC 4571 §2). */
constexpr size_t longestStreamFrame = 0xffff;

/** Bytes in one read: of a stranger, and of a UE. */
constexpr size_t strangerReadBytes = 4096;
constexpr size_t readBytes = 65536;

/** Reads of one connection before others get their turn. */
constexpr int maxReads = 4;

/** Frames that control has not handled, of one connection: no more is read until it has. */
constexpr unsigned maxUnhandled = 16;

const uint8_t* bytesOf(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

Connection::Connection(ConnectionId id, int fd, const Surroundings& around)
    : id(id),
      around_(around),
      fd_(fd),
      deframer_(around.limits.firstFrameBytes),
      writer_(fd, *this, around.counters.toUe, status.held, around.limits) {}

void Connection::begin() {
  if (!isOpen() || isBegun_) return;
  isBegun_ = true;
  epoll_event event{};
  event.data.ptr = static_cast<Watched*>(this);
  epoll_ctl(around_.epoll, EPOLL_CTL_ADD, fd_, &event);
  watch();
}

Connection::~Connection() { close(); }

void Connection::admit(Content content) {
  if (phase_ != Phase::stranger) return;
  phase_ = Phase::admitted;
  content_ = content;
  deframer_.limit = content == Content::msrp ? longestStreamFrame : around_.limits.frameBytes;
}

void Connection::handled() {
  if (!isOpen()) return;
  if (unhandled_ > 0) unhandled_ -= 1;
  if (!isWaiting_ || unhandled_ > 0) return;
  isWaiting_ = false;
  if (extra_ != nullptr && !extra_->backlog.empty()) {
    std::string backlog = std::move(extra_->backlog);
    extra_.reset();
    const size_t done = deframer_.push(bytesOf(backlog), backlog.size(), *this);
    if (isWaiting_ && done < backlog.size()) extra().backlog = backlog.substr(done);
  }
  watch();
}

void Connection::send(const std::string& message) {
  if (!writer_.stun(message)) end(CloseReason::notReading);
}

void Connection::openAnchor(const Address& anchor) {
  if (!isOpen() || phase_ == Phase::stranger) return;
  around_.anchors.leave(*this);
  phase_ = Phase::nominating;
  writer_.hold();
  around_.anchors.join(*this, anchor);
}

void Connection::sendToAnchor(const std::string& message) {
  if (socket == nullptr) return;
  around_.counters.toAnchor.count(PacketKind::stun, message.size());
  around_.anchors.send(*this, bytesOf(message), message.size(), PacketKind::stun);
}

void Connection::select(double maxAge) {
  if (phase_ != Phase::nominating && phase_ != Phase::selected) return;
  phase_ = Phase::selected;
  release([this](const std::string& frame) {
    carryOwn(bytesOf(frame), frame.size(), packetKind(bytesOf(frame), frame.size()));
  });
  writer_.release(maxAge);
}

void Connection::giveWay(ConnectionId selected, double maxAge) {
  if (phase_ == Phase::selected) phase_ = Phase::nominating;
  if (phase_ == Phase::nominating) writer_.release(maxAge);
  release([this, selected](std::string frame) { around_.carrier.carry(selected, std::move(frame)); });
}

/** Not counted as media of this connection: the UE did not send it here. */
void Connection::carry(const std::string& frame) {
  if (phase_ != Phase::selected) return drop(Drop::notSelected);
  toAnchor(bytesOf(frame), frame.size(), packetKind(bytesOf(frame), frame.size()));
}

void Connection::write(std::string frames) { writer_.stream(std::move(frames)); }

void Connection::pause() {
  // What comes is read, and left alone.
  if (writer_.isFinishing()) return;
  isPaused_ = true;
  watch();
}

void Connection::resume() {
  isPaused_ = false;
  watch();
}

void Connection::finish() {
  if (!isOpen() || writer_.isFinishing()) return;
  // Closed with bytes unread, the kernel would reset the connection, and the UE lose what it has not read.
  resume();
  writer_.finish();
}

void Connection::close() {
  if (!isOpen()) return;
  phase_ = Phase::closed;
  // Status is asked for until the connection is forgotten: what was held must not count as dropped twice.
  if (held_ != nullptr) dropHeld(held_->length());
  held_.reset();
  extra_.reset();
  writer_.close();
  around_.anchors.leave(*this);
  ::close(fd_);
  around_.closed.push_back(id);
}

/** Control is told first, so that it knows before the UE does. */
void Connection::end(CloseReason reason) {
  if (!isOpen()) return;
  Event event{Event::Kind::closed, id};
  event.reason = reason;
  if (reason == CloseReason::peer && writer_.isFinishing()) {
    event.reason = phase_ == Phase::answered ? CloseReason::http : CloseReason::finished;
  }
  event.status = status.values();
  event.status.dropped += event.status.held;
  tell(std::move(event));
  close();
}

void Connection::ready(uint32_t events) {
  if (!isOpen()) return;
  if ((events & EPOLLOUT) != 0) {
    writer_.ready();
    watch();
  }
  if (!isOpen()) return;
  if ((events & EPOLLIN) != 0 && (watched_ & EPOLLIN) != 0) read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  // EPOLLHUP alone: both sides have ended, and what is unread is still to be read.
  else if ((events & EPOLLERR) != 0) end(CloseReason::socketError);
}

/**
 * The kernel tells only of what is new, which costs less: so all that is there is read, and what is left for the others'
 * sake is asked for anew. `isEnding`: behind what can be read is the end.
 */
void Connection::read(bool isEnding) {
  for (int i = 0; i < maxReads; i++) {
    const size_t most = phase_ == Phase::stranger ? strangerReadBytes : readBytes;
    const size_t length = readOnce(most);
    if (!isOpen() || isWaiting_ || isPaused_) return;
    if (length < most && !isEnding) return;
  }
  rearm();
}

/** How many bytes were read; 0 if there were none, or it was closed. */
size_t Connection::readOnce(size_t most) {
  Arena& arena = around_.arena;
  // Of what is read one frame may have begun before: it is put together behind.
  if (arena.room() < readBytes + around_.limits.frameBytes) around_.anchors.flush();
  uint8_t* chunk = arena.free();
  const ssize_t count = recv(fd_, chunk, most, MSG_DONTWAIT);
  if (count <= 0) {
    if (count == 0) end(CloseReason::peer);
    else if (errno != EAGAIN && errno != EINTR) end(CloseReason::socketError);
    return 0;
  }
  const auto length = static_cast<size_t>(count);
  status.received.add(length);
  arena.keep(length);
  const size_t done = deframer_.push(chunk, length, *this);
  const auto* const rest = reinterpret_cast<const char*>(chunk) + done;
  if (isOpen() && isWaiting_) {
    if (done < length) extra().backlog.assign(rest, length - done);
    watch();
  }
  if (phase_ == Phase::text) takeText(rest, length - done);
  else if (phase_ == Phase::answered && status.received.value() > longestRequest) end(CloseReason::http);
  return length;
}

void Connection::takeText(const char* bytes, size_t length) {
  std::string& opening = extra().opening;
  opening.append(bytes, std::min(length, longestOpening - opening.size()));
  const TextOpening kind = textOpening(opening);
  if (kind == TextOpening::unfinished) return;
  if (kind == TextOpening::other) return end(CloseReason::frameTooLong);
  phase_ = Phase::answered;
  std::string answer = httpAnswer(opening);
  extra_.reset();
  writer_.stream(std::move(answer));
  writer_.finish();
}

Next Connection::frame(const uint8_t* frame, size_t length) {
  Counters& counters = around_.counters;
  if (writer_.isFinishing()) return Next::goOn;
  const PacketKind kind = packetKind(frame, length);
  const bool isControls = phase_ == Phase::stranger || content_ == Content::msrp;
  if (!isControls && !carries(kind)) {
    drop(Drop::firstByte);
    return Next::goOn;
  }
  if (!isControls && content_ == Content::rtp && kind != PacketKind::stun && isControlText(frame, length)) {
    drop(Drop::controlText);
    return Next::goOn;
  }
  counters.fromUe.count(kind, length);
  if (isControls || kind == PacketKind::stun) {
    Event event{Event::Kind::controlFrame, id};
    event.bytes.assign(reinterpret_cast<const char*>(frame), length);
    tell(std::move(event));
    unhandled_ += 1;
    const bool mayDecide = phase_ == Phase::stranger || (phase_ == Phase::admitted && content_ != Content::msrp);
    isWaiting_ = mayDecide || unhandled_ >= maxUnhandled;
    return isWaiting_ ? Next::wait : Next::goOn;
  }
  if (isListenedTo_) {
    isListenedTo_ = false;
    tell({Event::Kind::mediaHeard, id});
  }
  if (phase_ == Phase::selected) carryOwn(frame, length, kind);
  else hold(frame, length);
  return isOpen() ? Next::goOn : Next::stop;
}

/** A capital letter may be the start of an HTTP method: "GET " reads as 18245 bytes. */
void Connection::frameTooLong(size_t header) {
  if (phase_ != Phase::stranger || !isCapital(header >> 8)) return end(CloseReason::frameTooLong);
  phase_ = Phase::text;
  extra().opening = {static_cast<char>(header >> 8), static_cast<char>(header)};
}

void Connection::anchorPacket(const uint8_t* packet, size_t length) {
  Counters& counters = around_.counters;
  const PacketKind kind = packetKind(packet, length);
  if (!carries(kind)) return drop(Drop::firstByte);
  counters.fromAnchor.count(kind, length);
  if (kind == PacketKind::stun) {
    Event event{Event::Kind::anchorDatagram, id};
    event.bytes.assign(reinterpret_cast<const char*>(packet), length);
    return tell(std::move(event));
  }
  status.fromAnchor.add(1);
  around_.gathering.add(writer_, packet, length);
}

void Connection::anchorQueueFull() { drop(Drop::anchorQueue); }

bool Connection::carries(PacketKind kind) const {
  return kind != PacketKind::other && (kind != PacketKind::dtls || content_ == Content::dtls);
}

void Connection::carryOwn(const uint8_t* frame, size_t length, PacketKind kind) {
  if (toAnchor(frame, length, kind)) status.toAnchor.add(1);
}

/** False, and counted, if there is no way there. */
bool Connection::toAnchor(const uint8_t* frame, size_t length, PacketKind kind) {
  if (socket == nullptr) {
    drop(Drop::anchorQueue);
    return false;
  }
  around_.counters.toAnchor.count(kind, length);
  around_.anchors.send(*this, frame, length, kind);
  return true;
}

void Connection::hold(const uint8_t* frame, size_t length) {
  const Limits& limits = around_.limits;
  if (held_ == nullptr) held_ = std::make_unique<MediaQueue>(limits.heldMs, limits.heldBytes, limits.heldFrames);
  status.held.add(1);
  const MediaQueue::Dropped dropped =
      held_->push(std::string(reinterpret_cast<const char*>(frame), length), monotonicMs());
  dropHeld(dropped.forAge + dropped.forBytes);
}

template <typename Carry>
void Connection::release(Carry carry) {
  if (held_ == nullptr) return;
  const std::unique_ptr<MediaQueue> held = std::move(held_);
  dropHeld(held->dropOld(monotonicMs()));
  while (held->length() > 0) {
    std::string frame = held->shift();
    status.held.remove(1);
    carry(std::move(frame));
  }
}

void Connection::dropHeld(size_t frames) {
  status.held.remove(frames);
  drop(Drop::notSelected, frames);
}

void Connection::drop(Drop reason, size_t packets) {
  if (packets == 0) return;
  around_.counters.drops[static_cast<size_t>(reason)].add(packets);
  status.dropped.add(packets);
}

void Connection::tell(Event event) {
  // All that came before was acted upon before control admitted it.
  event.isBulk = content_ == Content::msrp;
  around_.events.tell(std::move(event));
}

void Connection::writeBlocked() { watch(); }

void Connection::writeFailed() { end(CloseReason::socketError); }

void Connection::drained() { tell({Event::Kind::drained, id}); }

void Connection::watch() {
  if (!isOpen() || !isBegun_) return;
  const bool isRead = !isPaused_ && !isWaiting_;
  const uint32_t wanted = (isRead ? EPOLLIN : 0u) | (writer_.isBlocked() ? EPOLLOUT : 0u);
  if (wanted == watched_) return;
  watched_ = wanted;
  rearm();
}

/** Events that stand are told of again. */
void Connection::rearm() {
  epoll_event event{};
  event.events = watched_ | EPOLLRDHUP | EPOLLET;
  event.data.ptr = static_cast<Watched*>(this);
  epoll_ctl(around_.epoll, EPOLL_CTL_MOD, fd_, &event);
}

Connection::Extra& Connection::extra() {
  if (extra_ == nullptr) extra_ = std::make_unique<Extra>();
  return *extra_;
}

}  // namespace edge80
