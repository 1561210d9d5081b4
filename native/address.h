#pragma once

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace edge80 {

/** An IP address and port as the system's calls take it. */
class Address {
 public:
  Address() { std::memset(&v6_, 0, sizeof v6_); }

  /** Of 4 or 16 bytes of host. */
  Address(const uint8_t* host, size_t bytes, uint16_t port) : Address() {
    raw()->sa_family = bytes == 4 ? AF_INET : AF_INET6;
    std::memcpy(bytes == 4 ? static_cast<void*>(&v4_.sin_addr) : &v6_.sin6_addr, host, bytes);
    setPort(port);
  }

  /** False if `text` is no IP address. */
  bool parse(const std::string& text, uint16_t port) {
    if (inet_pton(AF_INET, text.c_str(), &v4_.sin_addr) == 1) {
      v4_.sin_family = AF_INET;
      v4_.sin_port = htons(port);
      return true;
    }
    std::memset(&v6_, 0, sizeof v6_);
    // A link-local one names its interface (RFC 4007 §11).
    const size_t zone = text.find('%');
    if (inet_pton(AF_INET6, text.substr(0, zone).c_str(), &v6_.sin6_addr) != 1) return false;
    if (zone != std::string::npos) v6_.sin6_scope_id = if_nametoindex(text.c_str() + zone + 1);
    if (zone != std::string::npos && v6_.sin6_scope_id == 0) return false;
    v6_.sin6_family = AF_INET6;
    v6_.sin6_port = htons(port);
    return true;
  }

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&v6_); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&v6_); }
  int family() const { return raw()->sa_family; }
  socklen_t length() const { return family() == AF_INET6 ? sizeof v6_ : sizeof v4_; }
  static constexpr socklen_t capacity = sizeof(sockaddr_in6);

  uint16_t port() const { return ntohs(family() == AF_INET6 ? v6_.sin6_port : v4_.sin_port); }
  void setPort(uint16_t port) { (family() == AF_INET6 ? v6_.sin6_port : v4_.sin_port) = htons(port); }

  const uint8_t* host() const {
    return reinterpret_cast<const uint8_t*>(family() == AF_INET6 ? static_cast<const void*>(&v6_.sin6_addr)
                                                                 : &v4_.sin_addr);
  }
  size_t hostBytes() const { return family() == AF_INET6 ? 16 : 4; }

  bool operator==(const Address& other) const {
    if (family() != other.family() || port() != other.port()) return false;
    if (family() == AF_INET) return v4_.sin_addr.s_addr == other.v4_.sin_addr.s_addr;
    return std::memcmp(&v6_.sin6_addr, &other.v6_.sin6_addr, sizeof v6_.sin6_addr) == 0;
  }

  std::string text() const {
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes = family() == AF_INET6 ? static_cast<const void*>(&v6_.sin6_addr) : &v4_.sin_addr;
    inet_ntop(family(), bytes, text, sizeof text);
    if (family() != AF_INET6 || v6_.sin6_scope_id == 0) return text;
    char zone[IF_NAMESIZE] = "";
    if_indextoname(v6_.sin6_scope_id, zone);
    return std::string(text) + '%' + zone;
  }

 private:
  union {
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
};

/** An address and port as the key of a table; IPv4 mapped into IPv6. */
struct Endpoint {
  uint64_t high = 0;
  uint64_t low = 0;
  uint16_t port = 0;

  explicit Endpoint(const sockaddr* address) {
    if (address->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
      std::memcpy(&high, v6->sin6_addr.s6_addr, sizeof high);
      std::memcpy(&low, v6->sin6_addr.s6_addr + 8, sizeof low);
      port = v6->sin6_port;
    } else {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
      low = 0xffff00000000 | v4->sin_addr.s_addr;
      port = v4->sin_port;
    }
  }

  bool operator==(const Endpoint& other) const {
    return high == other.high && low == other.low && port == other.port;
  }
};

struct EndpointHash {
  size_t operator()(const Endpoint& of) const {
    return static_cast<size_t>((of.high ^ of.low * 0x9e3779b97f4a7c15 ^ of.port * 0xc2b2ae3d27d4eb4f) *
                               0x9e3779b97f4a7c15 >> 16);
  }
};

}  // namespace edge80
