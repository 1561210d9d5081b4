import { writeSdp, type Sdp } from './sdp';
import { SdpLine } from './sdp-line';

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

  /** The SDP as text, with its o= line replaced. The address in it stays that of the first one (RFC 3264 §8). */
  write(sdp: Sdp): string {
    const own = sdp.session.lines.find(({ type }) => type === 'o');
    this.#address ??= /^o=.* (IN IP[46] \S+)\s*$/.exec(own?.text ?? '')?.[1];
    const unnamed = sdp.session.lines.map((line) => (line.type === 'o' ? new SdpLine('o=') : line));
    const body = writeSdp({ ...sdp, session: sdp.session.withLines(unnamed) });
    if (body !== this.#last) this.#version += 1;
    this.#last = body;
    return body.replace(/^o=$/m, `o=- ${this.#sessionId} ${this.#version} ${this.#address ?? 'IN IP4 0.0.0.0'}`);
  }
}
