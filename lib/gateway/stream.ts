/** What the control plane keeps of one media line: the credentials that open it and where its media goes. */
export interface Stream {
  /** The local ICE user name fragment: the only key that a shared port has, unique over the listener. */
  ufrag: string;
  /** The local ICE password: checks toward us are authenticated with it (RFC 8445 §7.3). */
  pwd: string;
  /** rtpengine's UDP address for this line. */
  anchor: { address: string; port: number };
  /** What it carries beside STUN; only with DTLS-SRTP may DTLS reach rtpengine, which else passes it on as media. */
  content: 'rtp' | 'dtls';
  /** Bounds the age of what waits for a slow UE: audio 200 ms, video 1000 ms. */
  kind: 'audio' | 'video' | 'other';
  /** For events and logs: the call and the index of its m= line. */
  call: string;
  line: number;
}

/** An address and port that is written into candidates (advertised), which may differ from the bound one. */
export interface AdvertisedAddress {
  address: string;
  port: number;
  family: 4 | 6;
}
