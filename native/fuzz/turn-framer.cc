/*
 * What the TURN framer makes of any bytes, cut anywhere, and what is read of Send indications in them: built by
 * tools/fuzz-native.sh. Whatever the cuts, the frames are those that a reading of the whole gives.
 */
#include "../turn-framer.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace edge80;

struct Frames {
  std::vector<std::string> frames;
  /** 1 for a broken one; above that, what a header announced. */
  size_t fault = 0;
  bool waits = false;

  Next frame(const uint8_t* bytes, size_t length) {
    frames.emplace_back(reinterpret_cast<const char*>(bytes), length);
    turn::SentData sent;
    if (turn::isMessage(bytes) && turn::readSend(bytes, length, sent)) checkSent(bytes, length, sent);
    return waits ? Next::wait : Next::goOn;
  }
  void frameTooLong(size_t announced) { fault = 1 + announced; }
  void brokenFraming() { fault = 1; }

  /** What was read lies in the message, and comes out again of a Data indication. */
  static void checkSent(const uint8_t* bytes, size_t length, const turn::SentData& sent) {
    const turn::Packet& packet = sent.packet;
    if (packet.bytes < bytes || packet.bytes + packet.length > bytes + length) std::abort();
    const size_t header = turn::dataHeaderBytes(sent.to);
    std::vector<uint8_t> frame(header + packet.length + turn::paddingOf(packet.length));
    std::memcpy(frame.data() + header, packet.bytes, packet.length);
    turn::writeDataHeader(frame.data(), sent.to, packet.length, length);
    const turn::Packet again = turn::packetIn(frame.data());
    if (again.bytes != frame.data() + header || again.length != packet.length) std::abort();
    turn::write16(frame.data(), turn::sendIndication);
    turn::SentData read;
    if (!turn::readSend(frame.data(), frame.size(), read) || !(read.to == sent.to)) std::abort();
  }
};

/** Each chunk in memory of its own size, so that a read beyond it is seen. */
void push(TurnFramer& framer, const uint8_t* bytes, size_t length, Frames& sink) {
  std::vector<uint8_t> chunk(bytes, bytes + length);
  for (size_t done = 0; done < length && sink.fault == 0;) {
    const size_t more = framer.push(chunk.data() + done, length - done, sink);
    if (sink.fault == 0 && (more == 0 || more > length - done)) std::abort();
    done += more;
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

  Frames whole;
  TurnFramer ofWhole(limit);
  push(ofWhole, stream, length, whole);
  Frames pieces;
  pieces.waits = true;
  TurnFramer ofPieces(limit);
  for (size_t at = 0; at < length && pieces.fault == 0; at += stride) {
    push(ofPieces, stream + at, std::min(stride, length - at), pieces);
  }
  if (whole.frames != pieces.frames || whole.fault != pieces.fault) std::abort();
  for (const std::string& frame : whole.frames) {
    if (frame.size() > limit + turn::messageHeaderBytes) std::abort();
  }
  if (whole.fault > 0 && ofWhole.push(stream, length, whole) != 0) std::abort();
  return 0;
}
