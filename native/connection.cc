#include "connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "control-text.h"

namespace edge80 {

namespace {

/** Frames of a stream of bytes are no datagrams: whatever fits into the header is taken (RFC 4571 §2). */
constexpr size_t longestStreamFrame = 0xffff;

const uint8_t* bytesOf(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

Connection::Connection(ConnectionId id, int fd, const Surroundings& around)
    : id(id),
      around_(around),
      fd_(fd),
      reader_(fd, *this, *this, around, status.received),
      writer_(fd, *this, around.counters.toUe, status.held, around.limits) {}

Connection::~Connection() { close(); }

void Connection::admit(Content content) {
  if (phase_ != Phase::stranger || relay_ != nullptr) return;
  phase_ = Phase::admitted;
  content_ = content;
  reader_.admit(content == Content::msrp ? longestStreamFrame : around_.limits.frameBytes);
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
  if (!isOpen()) return drop(Drop::notSelected);
  if (phase_ != Phase::selected) return hold(bytesOf(frame), frame.size());
  toAnchor(bytesOf(frame), frame.size(), packetKind(bytesOf(frame), frame.size()));
}

void Connection::write(std::string frames) { writer_.stream(std::move(frames)); }

void Connection::pause() {
  // What comes is read, and left alone.
  if (!writer_.isFinishing()) reader_.pause();
}

void Connection::finish() {
  if (!isOpen() || writer_.isFinishing()) return;
  // Closed with bytes unread, the kernel would reset the connection, and the UE lose what it has not read.
  reader_.resume();
  writer_.finish();
}

void Connection::close() {
  if (isOpen()) ::close(release());
}

/** Leaves all that it is part of, and gives the socket away. */
int Connection::release() {
  phase_ = Phase::closed;
  // Status is asked for until the connection is forgotten: what was held must not count as dropped twice.
  if (held_ != nullptr) dropHeld(held_->length());
  held_.reset();
  reader_.close();
  writer_.close();
  around_.anchors.leave(*this);
  if (relay_ != nullptr) relay_->close();
  around_.closed.push_back(id);
  return fd_;
}

/** Control is told first, so that it knows before the UE does. */
void Connection::end(CloseReason reason) {
  if (!isOpen()) return;
  Event event{Event::Kind::closed, id};
  event.reason = reason;
  if (reason == CloseReason::peer && writer_.isFinishing()) event.reason = CloseReason::finished;
  event.status = status.values();
  event.status.dropped += event.status.held;
  tell(std::move(event));
  close();
}

void Connection::ready(uint32_t events) {
  if (!isOpen()) return;
  if ((events & EPOLLOUT) != 0) {
    writer_.ready();
    reader_.watchWriting(writer_.isBlocked());
  }
  if (!isOpen()) return;
  // EPOLLHUP alone: both sides have ended, and what is unread is still to be read.
  if (!reader_.ready(events) && (events & EPOLLERR) != 0) end(CloseReason::socketError);
}

/** What is no media is for control to tell apart. */
void Connection::opening(const std::string& bytes) {
  Event event{Event::Kind::opening, id};
  event.bytes = bytes;
  tell(std::move(event));
}

/** Tells whose it is from now on in place of `closed`. */
void Connection::handOver(size_t from) {
  if (phase_ != Phase::stranger) return;
  Event event{Event::Kind::handedOver, id};
  event.bytes = reader_.takeOpening(from);
  event.status = status.values();
  event.fd = release();
  // What this plane wants of its sockets is media's: Node sets what it needs.
  const int systemsOwn = 0;
  setsockopt(event.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &systemsOwn, sizeof systemsOwn);
  epoll_ctl(around_.epoll, EPOLL_CTL_DEL, event.fd, nullptr);
  tell(std::move(event));
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
    const bool mayDecide = phase_ == Phase::stranger || (phase_ == Phase::admitted && content_ != Content::msrp);
    return tellFrame(frame, length, mayDecide);
  }
  if (isListenedTo_) {
    isListenedTo_ = false;
    tell({Event::Kind::mediaHeard, id});
  }
  if (phase_ == Phase::selected) carryOwn(frame, length, kind);
  else hold(frame, length);
  return isOpen() ? Next::goOn : Next::stop;
}

Next Connection::tellFrame(const uint8_t* frame, size_t length, bool mayDecide) {
  Event event{Event::Kind::controlFrame, id};
  event.bytes.assign(reinterpret_cast<const char*>(frame), length);
  tell(std::move(event));
  return reader_.told(mayDecide);
}

void Connection::carryTurn(size_t from) {
  if (phase_ != Phase::stranger || relay_ != nullptr) return;
  relay_.reset(new Relay(*this, writer_, around_, status.toAnchor, status.fromAnchor));
  reader_.giveTo(*relay_, from);
}

void Connection::openRelay(const Address& toward, const AvoidedPorts& avoid) {
  Event event{Event::Kind::relayed, id};
  if (relay_ == nullptr || !relay_->open(toward, avoid, event.local)) return;
  reader_.admit(around_.limits.frameBytes);
  tell(std::move(event));
}

Next Connection::message(const uint8_t* message, size_t length) { return tellFrame(message, length, true); }

void Connection::relayEnded(CloseReason reason) { end(reason); }

void Connection::frameTooLong(size_t) { end(CloseReason::frameTooLong); }

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
  writeHeader(around_.gathering.add(writer_, headerBytes, packet, length), length);
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

void Connection::readEnded(CloseReason reason) { end(reason); }

void Connection::writeBlocked() { reader_.watchWriting(true); }

void Connection::writeFailed() { end(CloseReason::socketError); }

void Connection::drained() { tell({Event::Kind::drained, id}); }

}  // namespace edge80
