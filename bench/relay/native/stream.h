/* One stream of the load: a TCP connection to the relay, opened in the manner of that relay, and its frames. */
#pragma once

#include "sockets.h"
#include "stun.h"

#include <string>

/** How a relay is spoken to: edge80's gateway (ICE-TCP), a TURN server over TCP (RFC 8656), the floor. */
enum class Kind { ice, turn, plain };

struct Account {
  Kind kind;
  uint16_t port;
  /** Of ICE, or the secret of time-limited credentials. */
  std::string password;
  /** Of such a credential, s since the epoch. */
  std::string expiry;
};

constexpr uint16_t channel = 0x4000;

class Stream {
 public:
  Stream(const Account& account, unsigned index, uint16_t echoPort) : kind_(account.kind) {
    fd_ = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    const sockaddr_in relay = loopback(account.port);
    check(connect(fd_, reinterpret_cast<const sockaddr*>(&relay), sizeof relay), "connect");
    set(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
    if (kind_ == Kind::ice) authenticateIce(account, index);
    else if (kind_ == Kind::turn) authenticateTurn(account, index, echoPort);
    else write(framed(std::string{static_cast<char>(echoPort >> 8), static_cast<char>(echoPort)}));
  }

  int fd() const { return fd_; }

  /** The packet as it goes over the connection. */
  std::string framed(const std::string& packet) const {
    const auto length = static_cast<uint16_t>(packet.size());
    std::string frame;
    if (kind_ == Kind::turn) frame = {static_cast<char>(channel >> 8), static_cast<char>(channel & 0xff)};
    frame += {static_cast<char>(length >> 8), static_cast<char>(length)};
    frame += packet;
    while (kind_ == Kind::turn && frame.size() % 4 != 0) frame += '\0';
    return frame;
  }

  /** Where the packet begins in its frame. */
  static size_t headerBytes(Kind kind) { return kind == Kind::turn ? 4 : 2; }

  /** False if the connection takes no more for now; what it took of a frame is completed first. */
  bool send(const std::string& frame) {
    if (!unsent_.empty() && !sendSome(unsent_.data(), unsent_.size())) return false;
    return sendSome(frame.data(), frame.size());
  }

  /** Reads what is there; calls `packet(bytes, length)` for each whole one. */
  template <typename Packet>
  void receive(Packet packet) {
    std::memcpy(buffer(), partial_.data(), partial_.size());
    const ssize_t read = recv(fd_, buffer() + partial_.size(), bufferBytes - partial_.size(), MSG_DONTWAIT);
    if (read < 0 && errno == EAGAIN) return;
    if (read <= 0) {
      std::fprintf(stderr, "The relay closed a connection.\n");
      std::exit(1);
    }
    const size_t end = partial_.size() + static_cast<size_t>(read);
    size_t at = 0;
    const size_t header = headerBytes(kind_);
    while (end - at >= header) {
      const size_t length = stun::read16(buffer() + at + header - 2);
      const bool isStun = kind_ == Kind::turn && buffer()[at] < 4;
      const size_t whole = isStun ? stun::headerBytes + length
                                  : (kind_ == Kind::turn ? (header + length + 3) / 4 * 4 : header + length);
      if (end - at < whole) break;
      if (isStun) packet(buffer() + at, whole);
      else packet(buffer() + at + header, length);
      at += whole;
    }
    partial_.assign(reinterpret_cast<char*>(buffer()) + at, end - at);
  }

 private:
  static constexpr size_t bufferBytes = 256 * 1024;
  static uint8_t* buffer() {
    static uint8_t bytes[bufferBytes];
    return bytes;
  }

  bool sendSome(const char* bytes, size_t length) {
    const ssize_t taken = ::send(fd_, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    const size_t done = taken < 0 ? 0 : static_cast<size_t>(taken);
    const bool isRest = bytes == unsent_.data();
    if (isRest) unsent_.erase(0, done);
    else if (done > 0 && done < length) unsent_.assign(bytes + done, length - done);
    return isRest ? unsent_.empty() : done > 0;
  }

  void write(const std::string& bytes) {
    check(static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)), "send");
  }

  /** Waits for a STUN message. */
  std::string ask(const std::string& request) {
    write(request);
    std::string answer;
    while (answer.empty()) {
      waitForBytes();
      receive([&](const uint8_t* bytes, size_t length) {
        if (bytes[0] <= 3) answer.assign(reinterpret_cast<const char*>(bytes), length);
      });
    }
    return answer;
  }

  void waitForBytes() const {
    uint8_t byte;
    check(static_cast<int>(recv(fd_, &byte, 1, MSG_PEEK)), "recv");
  }

  static void expect(const std::string& answer, uint16_t type) {
    const auto got = stun::read16(reinterpret_cast<const uint8_t*>(answer.data()));
    if (got == type) return;
    std::fprintf(stderr, "The relay answered %#06x instead of %#06x.\n", got, type);
    std::exit(1);
  }

  void authenticateIce(const Account& account, unsigned index) {
    const std::string number = std::to_string(index);
    stun::Message request(stun::bindingRequest);
    request.add(stun::username, "bench" + number + ":ue" + number).add32(stun::priority, 1);
    request.add(stun::iceControlling, std::string(8, '\1')).add(stun::useCandidate, "");
    request.sign(account.password).addFingerprint();
    expect(ask(framed(request.bytes())), stun::bindingSuccess);
  }

  void authenticateTurn(const Account& account, unsigned index, uint16_t echoPort) {
    const std::string user = account.expiry + ":bench" + std::to_string(index);
    const std::string password = stun::timeLimitedPassword(account.password, user);
    const std::string udp{17, 0, 0, 0};
    stun::Message first(stun::allocateRequest);
    first.add(stun::requestedTransport, udp);
    const std::string refusal = ask(first.bytes());
    expect(refusal, stun::allocateError);
    const auto* bytes = reinterpret_cast<const uint8_t*>(refusal.data());
    const std::string realm = stun::find(bytes, refusal.size(), stun::realm);
    const std::string nonce = stun::find(bytes, refusal.size(), stun::nonce);
    const std::string key = stun::longTermKey(user, realm, password);
    const auto sign = [&](stun::Message& message) {
      message.add(stun::username, user).add(stun::realm, realm).add(stun::nonce, nonce).sign(key);
      return message.bytes();
    };
    stun::Message allocate(stun::allocateRequest);
    allocate.add(stun::requestedTransport, udp);
    expect(ask(sign(allocate)), stun::allocateSuccess);
    stun::Message bind(stun::channelBindRequest);
    bind.add32(stun::channelNumber, static_cast<uint32_t>(channel) << 16);
    bind.addAddress(stun::xorPeerAddress, INADDR_LOOPBACK, echoPort);
    expect(ask(sign(bind)), stun::channelBindSuccess);
  }

  Kind kind_;
  int fd_;
  std::string partial_;
  std::string unsent_;
};
