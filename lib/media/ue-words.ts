import { isRtpOverUdp } from '../sdp/media-line';
import type { MediaView } from '../sdp/session-view';

/**
 * What the UE said of its lines in the complete exchanges of a call. A line without RTP (T.38, BFCP, a data channel) has
 * no ICE by nature: what it says of ICE says nothing of lines with RTP, nor of itself once it has RTP again.
 */
export class UeWords {
  #lines: readonly MediaView[] = [];
  readonly #ofRtp = new Map<number, MediaView>();
  #declinesIce = false;

  /** In the last one. */
  get lines(): readonly MediaView[] {
    return this.#lines;
  }

  /** The last one that had lines with RTP in use had none of them with ICE. */
  get declinesIce(): boolean {
    return this.#declinesIce;
  }

  heard(lines: readonly MediaView[]): void {
    this.#lines = lines;
    for (const line of lines)
      if (line.port === 0) this.#ofRtp.delete(line.index);
      else if (isRtpOverUdp(line.transport)) this.#ofRtp.set(line.index, line);
    const rtp = lines.filter(({ port, transport }) => port !== 0 && isRtpOverUdp(transport));
    if (rtp.length > 0) this.#declinesIce = !rtp.some(({ hasIce }) => hasIce);
  }

  /**
   * Its last word on a line, for an offer of it; undefined if it has said nothing yet, or the line was not in use, or of
   * other media: it is a new one then (RFC 3264 §8.3.3).
   */
  of({ index, kind, transport }: MediaView): MediaView | undefined {
    const line = isRtpOverUdp(transport) ? this.#ofRtp.get(index) : this.#lines[index];
    return line === undefined || line.port === 0 || line.kind !== kind ? undefined : line;
  }
}
