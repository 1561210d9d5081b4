#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "address.h"

namespace edge80::turn {

/** As lib/ice/turn-frames.ts, where the formats are drawn. */
constexpr size_t channelHeaderBytes = 4;
constexpr size_t messageHeaderBytes = 20;
constexpr size_t attributeHeaderBytes = 4;
constexpr uint32_t magicCookie = 0x2112a442;
constexpr uint16_t sendIndication = 0x0016, dataIndication = 0x0017;
constexpr uint16_t xorPeerAddress = 0x0012, data = 0x0013, fingerprint = 0x8028;

/** More does not fit into a Data indication to a peer of either family. */
constexpr size_t longestData = 0xffff - 32 - 3;

inline uint16_t read16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t read32(const uint8_t* at) { return static_cast<uint32_t>(read16(at)) << 16 | read16(at + 2); }

inline void write16(uint8_t* at, size_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void write32(uint8_t* at, uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value & 0xffff);
}

inline size_t paddingOf(size_t length) { return -length & 3; }

/** Whether a frame is STUN, and not ChannelData. */
inline bool isMessage(const uint8_t* frame) { return frame[0] < 0x40; }

inline void writeChannelHeader(uint8_t* at, uint16_t channel, size_t length) {
  write16(at, channel);
  write16(at + 2, length);
}

/** Masks an address with cookie and transaction id, or lays it bare (RFC 8489 §14.2). */
inline void mask(uint8_t* to, const uint8_t* address, size_t bytes, const uint8_t* cookieAndId) {
  for (size_t i = 0; i < bytes; i++) to[i] = address[i] ^ cookieAndId[i];
}

/** Bytes of a Data indication before its data. */
inline size_t dataHeaderBytes(const Address& peer) {
  return messageHeaderBytes + 4 + peer.hostBytes() + 2 * attributeHeaderBytes;
}

/** `number` makes the transaction id of an indication, which nobody answers. */
inline void writeDataHeader(uint8_t* at, const Address& peer, size_t length, uint64_t number) {
  const size_t header = dataHeaderBytes(peer);
  write16(at, dataIndication);
  write16(at + 2, header - messageHeaderBytes + length + paddingOf(length));
  write32(at + 4, magicCookie);
  write32(at + 8, 0);
  write32(at + 12, static_cast<uint32_t>(number >> 32));
  write32(at + 16, static_cast<uint32_t>(number));
  uint8_t* const attribute = at + messageHeaderBytes;
  write16(attribute, xorPeerAddress);
  write16(attribute + 2, 4 + peer.hostBytes());
  write16(attribute + 4, peer.family() == AF_INET6 ? 2 : 1);
  write16(attribute + 6, peer.port() ^ (magicCookie >> 16));
  mask(attribute + 8, peer.host(), peer.hostBytes(), at + 4);
  write16(at + header - attributeHeaderBytes, data);
  write16(at + header - 2, length);
}

struct Packet {
  const uint8_t* bytes;
  size_t length;
};

/** The packet in a frame that was written here. */
inline Packet packetIn(const uint8_t* frame) {
  const uint8_t* const packet =
      isMessage(frame) ? frame + messageHeaderBytes + read16(frame + messageHeaderBytes + 2) + 2 * attributeHeaderBytes
                       : frame + channelHeaderBytes;
  return {packet, read16(packet - 2)};
}

/** What a UE sends to a peer by a Send indication. */
struct SentData {
  Address to;
  Packet packet;
};

/** False of all but a Send indication with an address, data and else nothing that has to be understood. */
inline bool readSend(const uint8_t* message, size_t length, SentData& sent) {
  if (read16(message) != sendIndication) return false;
  bool hasAddress = false, hasData = false;
  for (size_t at = messageHeaderBytes, next = 0; at < length; at = next) {
    if (length - at < attributeHeaderBytes) return false;
    const uint16_t type = read16(message + at);
    const size_t size = read16(message + at + 2);
    const uint8_t* const value = message + at + attributeHeaderBytes;
    next = at + attributeHeaderBytes + size + paddingOf(size);
    if (next > length) return false;
    if (type == xorPeerAddress && !hasAddress) {
      // The length first: there may be nothing behind the attribute's header.
      if ((size != 8 || value[1] != 1) && (size != 20 || value[1] != 2)) return false;
      const size_t bytes = size - 4;
      uint8_t host[16];
      mask(host, value + 4, bytes, message + 4);
      sent.to = Address(host, bytes, read16(value + 2) ^ (magicCookie >> 16));
      hasAddress = true;
    } else if (type == data && !hasData) {
      sent.packet = {value, size};
      hasData = true;
    } else if (type < 0x8000 || (type == fingerprint && (size != 4 || next != length))) {
      return false;
    }
  }
  return hasAddress && hasData;
}

}  // namespace edge80::turn
