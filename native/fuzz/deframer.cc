/*
 * What the deframer, and the question of what a connection is, make of any bytes, cut anywhere: built by
 * tools/fuzz-native.sh. Whatever the cuts, the frames are those that a reading of the whole gives, and so is the answer.
 */
#include "../deframer.h"
#include "../media-opening.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Frames {
  std::vector<std::string> frames;
  size_t tooLong = 0;
  bool waits = false;

  edge80::Next frame(const uint8_t* bytes, size_t length) {
    if (length == 0) std::abort();
    frames.emplace_back(reinterpret_cast<const char*>(bytes), length);
    return waits ? edge80::Next::wait : edge80::Next::goOn;
  }
  void frameTooLong(size_t header) { tooLong = header; }
};

/** Each chunk in memory of its own size, so that a read beyond it is seen. */
void push(edge80::Deframer& deframer, const uint8_t* bytes, size_t length, Frames& sink) {
  std::vector<uint8_t> chunk(bytes, bytes + length);
  for (size_t done = 0; done < length && sink.tooLong == 0;) {
    const size_t more = deframer.push(chunk.data() + done, length - done, sink);
    if (more == 0 || more > length - done) std::abort();
    done += more;
  }
}

/** An answer that is there stays, and is there in time. */
void openingStays(const uint8_t* bytes, size_t length, size_t longestFrame) {
  constexpr size_t longestOpening = 2 * edge80::mostNullPackets + 8;
  const auto answer = [&](size_t known) {
    const std::vector<uint8_t> chunk(bytes, bytes + known);
    return edge80::mediaOpening(chunk.data(), known, longestFrame);
  };
  auto before = edge80::MediaOpening::unfinished;
  for (size_t known = 0; known <= length; known++) {
    const auto now = answer(known);
    if (before != edge80::MediaOpening::unfinished && now != before) std::abort();
    if (now == edge80::MediaOpening::unfinished && known >= longestOpening) std::abort();
    before = now;
    if (known > longestOpening) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < 2) return 0;
  // The first two bytes say how long a frame may be, and where the stream is cut.
  const size_t limit = 1 + input[0] * 8u;
  const size_t stride = 1 + input[1] % 64u;
  const uint8_t* stream = input + 2;
  const size_t length = size - 2;
  openingStays(stream, length, limit);

  Frames whole;
  edge80::Deframer ofWhole(limit);
  push(ofWhole, stream, length, whole);
  Frames pieces;
  pieces.waits = true;
  edge80::Deframer ofPieces(limit);
  for (size_t at = 0; at < length && pieces.tooLong == 0; at += stride) {
    push(ofPieces, stream + at, std::min(stride, length - at), pieces);
  }
  if (whole.frames != pieces.frames || whole.tooLong != pieces.tooLong) std::abort();
  for (const std::string& frame : whole.frames) {
    if (frame.size() > limit) std::abort();
  }
  if (whole.tooLong > 0 && ofWhole.push(stream, length, whole) != 0) std::abort();
  return 0;
}
