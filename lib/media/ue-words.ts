import type { SharedTransports } from '../sdp/bundle';
import { isAnchorable, isRtpOverUdp } from '../sdp/media-line';
import type { MediaView } from '../sdp/session-view';
import type { TcpLines } from '../sdp/tcp-media-lines';

/**
 * What the UE said of its lines in the complete exchanges of a call. A line without RTP (T.38, BFCP, a data channel) has
 * no ICE by nature: what it says of ICE says nothing of lines with RTP, nor of itself once it has RTP again.
 */
export class UeWords {
  /** In the last one. */
  lines: readonly MediaView[] = [];
  /** The lines of the last one that are RTP over TCP. */
  tcp: TcpLines = new Map();
  /** Those that have their transport from another. */
  shared: SharedTransports = new Map();
  /** The last one that had lines with RTP in use had none of them with ICE. */
  declinesIce = false;
  readonly #ofRtp = new Map<number, MediaView>();

  /** The lines that the last one left in use at rtpengine. */
  get linesInUse(): number[] {
    return this.#inUse.map(({ index }) => index);
  }

  /** Those of them on which the UE may send by ICE. */
  get linesWithIce(): number[] {
    const mayBeHeard = ({ direction, hasIce }: MediaView) => hasIce && direction.startsWith('send');
    return this.#inUse.filter(mayBeHeard).map(({ index }) => index);
  }

  get #inUse(): readonly MediaView[] {
    return this.lines.filter(({ port, transport }) => port !== 0 && isAnchorable(transport));
  }

  /** @param tcp those that are RTP over TCP */
  heard(lines: readonly MediaView[], tcp: TcpLines): void {
    this.lines = lines;
    this.tcp = tcp;
    for (const line of lines)
      if (line.port === 0) this.#ofRtp.delete(line.index);
      else if (isRtpOverUdp(line.transport)) this.#ofRtp.set(line.index, line);
    const rtp = lines.filter(({ port, transport }) => port !== 0 && isRtpOverUdp(transport));
    if (rtp.length > 0) this.declinesIce = !rtp.some(({ hasIce }) => hasIce);
  }

  /**
   * Its last word on a line, for an offer of it; undefined if it has said nothing yet, or the line was not in use, or of
   * other media: it is a new one then (RFC 3264 §8.3.3).
   */
  of({ index, kind, transport }: MediaView): MediaView | undefined {
    const line = isRtpOverUdp(transport) ? this.#ofRtp.get(index) : this.lines[index];
    return line === undefined || line.port === 0 || line.kind !== kind ? undefined : line;
  }
}
