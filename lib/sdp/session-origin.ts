import { joinSdp, type SdpLines } from './sdp-lines';

/**
 * Writes the o= line of all SDPs that go to one side of a call, so that this side sees one session whose
 * version rises by one with each change (RFC 3264 §8), whoever answers behind it: forks in the core have
 * o= lines that know nothing of each other.
 */
export class SessionOrigin {
  readonly #sessionId: number;
  #version = 0;
  #address: string | undefined;
  #last: string | undefined;

  /** @param sessionId a number that is unlikely to be used twice, below 2^53 */
  constructor(sessionId: number) {
    this.#sessionId = sessionId;
  }

  /** The SDP with its o= line replaced. The address in it stays that of the first one (RFC 3264 §8). */
  write(sdp: SdpLines): SdpLines {
    this.#address ??= /^o=.* (IN IP[46] \S+)\s*$/.exec(sdp.session.find((line) => line.startsWith('o=')) ?? '')?.[1];
    const session = (origin: string) => sdp.session.map((line) => (line.startsWith('o=') ? origin : line));
    const body = joinSdp({ ...sdp, session: session('o=') });
    if (body !== this.#last) this.#version += 1;
    this.#last = body;
    return { ...sdp, session: session(`o=- ${this.#sessionId} ${this.#version} ${this.#address ?? 'IN IP4 0.0.0.0'}`) };
  }
}
