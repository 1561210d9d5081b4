#include "relay.h"

#include <algorithm>

#include "control-text.h"
#include "controlled-check.h"

namespace edge80 {

void RelayPeer::anchorPacket(const uint8_t* packet, size_t length) { relay_.fromPeer(*this, packet, length); }

void RelayPeer::anchorQueueFull() { relay_.drop(Drop::anchorQueue); }

Relay::Relay(Owner& owner, UeWriter& writer, const Surroundings& around, Count& toAnchor, Count& fromAnchor)
    : owner_(owner),
      writer_(writer),
      around_(around),
      toAnchor_(toAnchor),
      fromAnchor_(fromAnchor),
      framer_(around.limits.firstFrameBytes) {
  writer_.carryTurn();
}

Relay::~Relay() { close(); }

size_t Relay::push(const uint8_t* chunk, size_t length) { return framer_.push(chunk, length, *this); }

bool Relay::open(const Address& toward, const AvoidedPorts& avoid, Address& relayed) {
  if (socket_ != nullptr || isClosed_) return false;
  socket_ = around_.anchors.seat(toward, avoid);
  if (socket_ == nullptr) return true;
  relayed = socket_->source;
  relayed.setPort(socket_->port);
  framer_.limit = around_.limits.frameBytes;
  return true;
}

void Relay::giveBack() {
  leave();
  peers_.clear();
}

void Relay::close() {
  isClosed_ = true;
  // Its peers stay: one of them may be what is worked on.
  leave();
}

void Relay::leave() {
  for (const Entry& entry : peers_) around_.anchors.leave(*entry.peer);
  if (socket_ != nullptr) around_.anchors.leaveSeat(*socket_);
  socket_ = nullptr;
}

void Relay::permit(const Address& named, const Address& at, uint16_t channel) {
  if (socket_ == nullptr) return;
  forbid(named);
  auto peer = std::make_unique<RelayPeer>(*this, named, channel);
  // One that another relay has is without a socket.
  around_.anchors.join(*peer, at, *socket_);
  peers_.push_back({channel, std::move(peer)});
}

void Relay::forbid(const Address& named) {
  const auto found =
      std::find_if(peers_.begin(), peers_.end(), [&](const Entry& entry) { return entry.peer->named == named; });
  if (found == peers_.end()) return;
  around_.anchors.leave(*found->peer);
  peers_.erase(found);
}

void Relay::relay(const Address& to, const uint8_t* data, size_t length) {
  RelayPeer* const peer = named(to);
  if (peer == nullptr) return drop(Drop::notPermitted);
  toPeer(*peer, packetKind(data, length), data, length);
}

Next Relay::frame(const uint8_t* frame, size_t length) {
  turn::SentData sent;
  RelayPeer* peer = nullptr;
  if (!turn::isMessage(frame)) {
    peer = bound(turn::read16(frame));
    if (peer == nullptr) {
      drop(Drop::notPermitted);
      return Next::goOn;
    }
    sent.packet = {frame + turn::channelHeaderBytes, length - turn::channelHeaderBytes};
  } else if (turn::readSend(frame, length, sent)) {
    peer = named(sent.to);
  }
  if (peer != nullptr && !isCheckOfControlled(sent.packet.bytes, sent.packet.length)) {
    fromUe(*peer, sent.packet.bytes, sent.packet.length);
    return Next::goOn;
  }
  around_.counters.fromUe.count(PacketKind::stun, length);
  return owner_.message(frame, length);
}

void Relay::frameTooLong(size_t) { owner_.relayEnded(CloseReason::frameTooLong); }

void Relay::brokenFraming() { owner_.relayEnded(CloseReason::brokenFraming); }

void Relay::fromPeer(const RelayPeer& peer, const uint8_t* packet, size_t length) {
  const PacketKind kind = packetKind(packet, length);
  if (kind == PacketKind::other || length > turn::longestData) return drop(Drop::firstByte);
  around_.counters.fromAnchor.count(kind, length);
  if (kind != PacketKind::stun) fromAnchor_.add(1);
  const size_t padding = turn::paddingOf(length);
  if (peer.channel != 0) {
    uint8_t* const header = around_.gathering.add(writer_, turn::channelHeaderBytes, packet, length, padding);
    turn::writeChannelHeader(header, peer.channel, length);
  } else {
    const size_t bytes = turn::dataHeaderBytes(peer.named);
    uint8_t* const header = around_.gathering.add(writer_, bytes, packet, length, padding);
    turn::writeDataHeader(header, peer.named, length, ++sent_);
  }
}

RelayPeer* Relay::named(const Address& address) const {
  for (const Entry& entry : peers_) {
    if (entry.peer->named == address) return entry.peer.get();
  }
  return nullptr;
}

RelayPeer* Relay::bound(uint16_t channel) const {
  for (const Entry& entry : peers_) {
    if (entry.channel == channel) return entry.peer.get();
  }
  return nullptr;
}

void Relay::fromUe(RelayPeer& peer, const uint8_t* data, size_t length) {
  const PacketKind kind = packetKind(data, length);
  if (toPeer(peer, kind, data, length)) around_.counters.fromUe.count(kind, length);
}

/** False if it is nothing that a relay carries. */
bool Relay::toPeer(RelayPeer& peer, PacketKind kind, const uint8_t* data, size_t length) {
  if (kind == PacketKind::other || isControlText(data, length)) {
    drop(kind == PacketKind::other ? Drop::firstByte : Drop::controlText);
    return false;
  }
  if (peer.socket == nullptr) {
    drop(Drop::relayTaken);
    return true;
  }
  around_.counters.toAnchor.count(kind, length);
  if (kind != PacketKind::stun) toAnchor_.add(1);
  around_.anchors.send(peer, data, length, kind);
  return true;
}

}  // namespace edge80
