import type { AdmissionLimits } from '../admission/admission';

/** What a stranger, and a UE, may cost us. Times in ms, sizes in bytes. */
export interface GatewayLimits extends AdmissionLimits {
  /** Time from accepting a connection to its first authenticated check. */
  authenticationMs: number;
  /**
   * How long a connection stays that has given its relayed address back: a UE may end it itself, or want another one;
   * linphone waits for five seconds until we end it.
   */
  releasedMs: number;
  /** The longest first frame: a check has well under 300 bytes. */
  firstFrameBytes: number;
  /**
   * The longest frame taken after that: what rtpengine takes as one datagram. A longer one is refused
   * with its connection, never cut (RFC 4571 §8).
   */
  frameBytes: number;
  /** Authenticated connections of one stream: rtpengine keeps every candidate that it learned. */
  connectionsPerStream: number;
  /** Media that waits for a UE that reads slowly. */
  queueBytes: number;
  audioQueueMs: number;
  videoQueueMs: number;
  /** Answers to checks that wait for a UE; one that asks but does not read is disconnected. */
  stunQueueBytes: number;
  /** Binding requests to rtpengine for one nomination, and the pause before the first repetition, which doubles. */
  nominationAttempts: number;
  nominationRetryMs: number;
  /** A connection that was nominated before wins again only if the last nomination is this old. */
  renominationMs: number;
  /** How often one connection may be nominated anew: each time rtpengine learns a candidate. */
  nominationsPerConnection: number;
  /** Nominations of one stream that the UE may ask for at once, and the pause after which there is one more. */
  nominationsAtOnce: number;
  nominationEveryMs: number;
  /** All nominations of one stream, at most 65535: rtpengine forgets no candidate, and priorities rise with each. */
  nominationsPerStream: number;
  /**
   * How long a connection that is not selected stays after the selection, or after it came, at least 3000 (RFC 6544
   * §8): a UE that kept another one than we did repeats USE-CANDIDATE with its consent checks, each 6 s at the latest.
   */
  unselectedMs: number;
  /**
   * How long nothing comes from rtpengine for a connection that the UE uses before it is asked where the media goes.
   * The pause doubles while nothing comes, up to `unansweredMaxMs`.
   */
  unansweredMs: number;
  unansweredMaxMs: number;
  /** How long the UE sends nothing on a connection that was nominated above its UDP before rtpengine is asked for it. */
  unheardMs: number;
  /** Nothing more comes for so long on a connection that a UE has left. */
  movedMs: number;
  /** A connection on which something came within this is alive: a UE checks each 2.5 s, or sends media. */
  liveMs: number;
  /** How long a connection that was never nominated stays without a byte. libwebrtc gives up its own after 30 s. */
  idleMs: number;
  /** Silence after which the media of a stream is lost: consent expires (RFC 7675 §5.1). */
  silentMs: number;
  /** How often the streams are looked at for both. */
  watchMs: number;
  /**
   * Media that waits for its connection to be selected. It is no older than a DTLS flight that its sender would have
   * repeated by then (RFC 6347 §4.2.4.1); of the UE it is bounded by these too, of rtpengine by `queueBytes`.
   */
  heldMs: number;
  heldFrames: number;
  heldBytes: number;
}

export const defaultLimits: Readonly<GatewayLimits> = {
  authenticationMs: 10_000,
  releasedMs: 1000,
  graceMs: 2000,
  firstFrameBytes: 1280,
  frameBytes: 8012,
  unauthenticatedPerAddress: 32,
  unauthenticated: 4096,
  connections: 20_000,
  connectionsPerStream: 8,
  queueBytes: 256 * 1024,
  audioQueueMs: 200,
  videoQueueMs: 1000,
  stunQueueBytes: 64 * 1024,
  nominationAttempts: 10,
  nominationRetryMs: 50,
  renominationMs: 1000,
  nominationsPerConnection: 16,
  nominationsAtOnce: 64,
  nominationEveryMs: 1000,
  nominationsPerStream: 4096,
  unselectedMs: 10_000,
  unansweredMs: 200,
  unansweredMaxMs: 16_000,
  unheardMs: 300,
  movedMs: 100,
  liveMs: 3000,
  idleMs: 45_000,
  silentMs: 30_000,
  watchMs: 2500,
  heldMs: 1000,
  heldFrames: 32,
  heldBytes: 64 * 1024,
};
