/** What a UE's calls carry: RTP, SRTP behind a DTLS handshake, and the latter of a real libwebrtc. */
export const kinds = ['rtp', 'dtls-srtp', 'libwebrtc'] as const;

export type Kind = (typeof kinds)[number];

/** One call as its UE saw it; ms of the machine's clock. */
export interface UeCall {
  /** The 200 with the answer was there; undefined if there was none. */
  answeredAt?: number;
  /**
   * The first packet of audio of the far end was there; of libwebrtc, the first sound came out of it. Undefined if none
   * did.
   */
  heardAt?: number;
  /** Why there was no call. */
  error?: string;
}
