#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace edge80 {

/** As in lib/gateway/text-opening.ts: what a connection begins with that begins with a capital letter. */
enum class TextOpening { http, other, unfinished };

/** Bytes after which it is known. */
constexpr size_t longestOpening = 24;

/** Bytes that are read of one who sends HTTP: closed with more of them unread, it might never see the answer. */
constexpr size_t longestRequest = 65536;

inline bool isCapital(size_t byte) { return byte >= 'A' && byte <= 'Z'; }

inline TextOpening textOpening(const std::string& text) {
  const size_t space = std::min(text.find(' '), text.size());
  const bool isMethod = space > 0 && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(space), [](char c) {
    return isCapital(static_cast<unsigned char>(c)) || c == '-';
  });
  if (!isMethod) return TextOpening::other;
  if (space + 1 >= text.size()) return text.size() < longestOpening ? TextOpening::unfinished : TextOpening::other;
  const bool isConnect = text.compare(0, space, "CONNECT") == 0;
  const bool isTarget = std::string("/*hH").find(text[space + 1]) != std::string::npos;
  return isConnect || isTarget ? TextOpening::http : TextOpening::other;
}

/** The answer to an HTTP request that begins so. */
inline std::string httpAnswer(const std::string& text) {
  const std::string body = "This port carries the media of calls, and no pages.\n";
  const std::string head = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
  return text.compare(0, 5, "HEAD ") == 0 ? head : head + body;
}

}  // namespace edge80
