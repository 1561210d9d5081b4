/** `o=` with its user name and session id, its version, and the rest (RFC 8866 §5.2). */
const origin = /^o=(\S+ \S+) (\d+) (.*)$/m;

/**
 * What one side is told of a session, whichever node wrote it: its SDP is that of one session from the first to the last,
 * with a version that rises (RFC 3264 §8).
 */
export class ContinuedOrigin {
  #session: string | undefined;
  #version = 0n;

  /** The SDP as that side has to get it. */
  told(sdp: string): string {
    const [, session, version = '', rest] = origin.exec(sdp) ?? [];
    if (session === undefined) return sdp;
    this.#session ??= session;
    if (session === this.#session) {
      const its = BigInt(version);
      if (its > this.#version) this.#version = its;
      return sdp;
    }
    this.#version += 1n;
    return sdp.replace(origin, `o=${this.#session} ${this.#version} ${rest}`);
  }
}
