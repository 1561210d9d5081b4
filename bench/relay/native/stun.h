/* STUN as far as the bench speaks it (RFC 8489 §5, §14): built with short- or long-term integrity, read by attribute. */
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace stun {

constexpr uint16_t bindingRequest = 0x0001, bindingSuccess = 0x0101;
constexpr uint16_t allocateRequest = 0x0003, allocateSuccess = 0x0103, allocateError = 0x0113;
constexpr uint16_t channelBindRequest = 0x0009, channelBindSuccess = 0x0109;

constexpr uint16_t username = 0x0006, messageIntegrity = 0x0008, channelNumber = 0x000c, realm = 0x0014,
                   nonce = 0x0015, xorPeerAddress = 0x0012, requestedTransport = 0x0019, xorMappedAddress = 0x0020,
                   priority = 0x0024, useCandidate = 0x0025, fingerprint = 0x8028, iceControlling = 0x802a;

constexpr uint32_t magicCookie = 0x2112a442;
constexpr size_t headerBytes = 20;

inline uint16_t read16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

inline uint32_t crc32(const uint8_t* bytes, size_t length) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/** A message under construction; `key` is the password, or MD5(user:realm:password) with long-term credentials. */
class Message {
 public:
  explicit Message(uint16_t type, const uint8_t* transactionId = nullptr) {
    put16(type);
    put16(0);
    put32(magicCookie);
    uint8_t random[12];
    if (transactionId == nullptr) RAND_bytes(random, sizeof random);
    bytes_.append(reinterpret_cast<const char*>(transactionId == nullptr ? random : transactionId), 12);
  }

  Message& add(uint16_t type, const std::string& value) {
    put16(type);
    put16(static_cast<uint16_t>(value.size()));
    bytes_ += value;
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    setLength(0);
    return *this;
  }

  Message& add32(uint16_t type, uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
    return add(type, text);
  }

  /** IPv4; address and port in host order. */
  Message& addAddress(uint16_t type, uint32_t address, uint16_t port) {
    std::string text{'\0', '\1'};
    port ^= magicCookie >> 16;
    address ^= magicCookie;
    text += static_cast<char>(port >> 8);
    text += static_cast<char>(port);
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(address >> shift);
    return add(type, text);
  }

  Message& sign(const std::string& key) {
    setLength(24);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8_t*>(bytes_.data()),
         bytes_.size(), digest, &length);
    return add(messageIntegrity, std::string(reinterpret_cast<char*>(digest), length));
  }

  Message& addFingerprint() {
    setLength(8);
    return add32(fingerprint, crc32(reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()) ^ 0x5354554e);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void put16(uint16_t value) {
    bytes_ += static_cast<char>(value >> 8);
    bytes_ += static_cast<char>(value);
  }
  void put32(uint32_t value) {
    put16(static_cast<uint16_t>(value >> 16));
    put16(static_cast<uint16_t>(value));
  }
  void setLength(size_t more) {
    const size_t length = bytes_.size() - headerBytes + more;
    bytes_[2] = static_cast<char>(length >> 8);
    bytes_[3] = static_cast<char>(length);
  }

  std::string bytes_;
};

/** The value of an attribute; empty if the message has none. */
inline std::string find(const uint8_t* message, size_t length, uint16_t wanted) {
  for (size_t at = headerBytes; at + 4 <= length;) {
    const size_t size = read16(message + at + 2);
    if (at + 4 + size > length) break;
    if (read16(message + at) == wanted) return std::string(reinterpret_cast<const char*>(message + at + 4), size);
    at += 4 + (size + 3) / 4 * 4;
  }
  return {};
}

inline std::string longTermKey(const std::string& user, const std::string& realm, const std::string& password) {
  const std::string text = user + ':' + realm + ':' + password;
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_md5(), nullptr);
  return std::string(reinterpret_cast<char*>(digest), length);
}

/** The password of a time-limited credential: base64 of HMAC-SHA1. */
inline std::string timeLimitedPassword(const std::string& secret, const std::string& username) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const uint8_t*>(username.data()),
       username.size(), digest, &length);
  uint8_t text[2 * EVP_MAX_MD_SIZE];
  const int size = EVP_EncodeBlock(text, digest, static_cast<int>(length));
  return std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
}

}  // namespace stun
