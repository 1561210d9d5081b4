/** The pair of candidates that media takes, as the client tells of it. */
export interface SelectedPair {
  transport: 'udp' | 'tcp';
  /** `address:port` of the far end. */
  remote: string;
}

/** What a client heard once the far end was no longer silent. */
export interface Heard {
  /** One for each transport. */
  pairs: SelectedPair[];
  /** PCM, one channel. */
  samples: Int16Array;
  /** Hz */
  sampleRate: number;
}

/** The newest sound that a client got, in PCM of one channel. */
export interface Sound {
  /** 16 bits each, little-endian, in base64. */
  pcm: string;
  /** Hz */
  sampleRate: number;
}

/** What makes and takes the SDP of one call. */
export interface Negotiator {
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  /** Takes the answer to its offer. */
  accept(answer: string): Promise<void>;
}

/** The media of one call in a client that is not ours. It sends a tone as soon as it can. */
export interface ClientMedia extends Negotiator {
  /** Resolves with a second of what comes in from now on, from the first sound on. */
  listen(): Promise<Heard>;
  close(): void | Promise<void>;
}
