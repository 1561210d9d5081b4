#pragma once

// What both planes of lib/gateway name alike, each list once; native-addon.ts refuses an addon whose names are not its own.

/** What lib/gateway/first-byte.ts tells apart, without `other`, which is never carried. */
#define EDGE80_PACKET_KINDS(X) X(stun, "stun") X(dtls, "dtls") X(rtp, "rtp") X(rtcp, "rtcp")

/** What a stream carries: StreamContent in lib/gateway/forwarding-plane.ts. */
#define EDGE80_CONTENTS(X) X(rtp, "rtp") X(dtls, "dtls") X(msrp, "msrp")

/** Why a packet was dropped: DropReason in lib/gateway/counters.ts. */
#define EDGE80_DROP_REASONS(X)       \
  X(notSelected, "not-selected")     \
  X(firstByte, "first-byte")         \
  X(controlText, "control-text")     \
  X(queueAge, "queue-age")           \
  X(queueBytes, "queue-bytes")       \
  X(anchorQueue, "anchor-queue")     \
  X(anchorSource, "anchor-source")   \
  X(anchorOverflow, "anchor-overflow") \
  X(notPermitted, "not-permitted") \
  X(relayTaken, "relay-taken")     \
  X(connectionEnded, "connection-ended")

/** Why a connection ended by itself; `finished` for the reason that `finish` was given. */
#define EDGE80_CLOSE_REASONS(X)    \
  X(peer, "peer")                  \
  X(socketError, "socket-error")   \
  X(frameTooLong, "frame-too-long") \
  X(brokenFraming, "broken-framing") \
  X(notReading, "not-reading")     \
  X(finished, "finished")

/** The limits of lib/gateway/limits.ts that concern this plane; bytes, or as their names say. */
#define EDGE80_LIMITS(X)        \
  X(size_t, firstFrameBytes)    \
  X(size_t, frameBytes)         \
  X(size_t, queueBytes)         \
  X(size_t, stunQueueBytes)     \
  X(double, videoQueueMs)       \
  X(double, heldMs)             \
  X(size_t, heldFrames)         \
  X(size_t, heldBytes)

/** What control is told: NativeEvent in lib/gateway/native-addon.ts. */
#define EDGE80_EVENTS(X) \
  X(accepted)            \
  X(opening)             \
  X(handedOver)          \
  X(controlFrame)        \
  X(mediaHeard)          \
  X(anchorDatagram)      \
  X(relayed)             \
  X(drained)             \
  X(closed)

/** What is known of a connection: ConnectionStatus in lib/gateway/forwarding-plane.ts; `held` is dropped if it closes now. */
#define EDGE80_STATUS(X) X(received) X(dropped) X(held) X(toAnchor) X(fromAnchor)

/** Whose traffic, and which faults, are counted beside drops: PlaneCounters in lib/gateway/counters.ts. */
#define EDGE80_DIRECTIONS(X) X(fromUe) X(toUe) X(toAnchor) X(fromAnchor)
#define EDGE80_ERRORS(X) X(acceptErrors) X(anchorErrors)

#define EDGE80_IDENTIFIER(identifier, name) identifier,
#define EDGE80_ITEM(name) name,
#define EDGE80_TEXT(name) #name,
#define EDGE80_NAME(identifier, name) name,
