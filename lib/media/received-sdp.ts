import type { MaySend } from '../sdp/line-place';
import { mismatchedLines, withoutIceOn } from '../sdp/ice-mismatch';
import { withFirstLines } from '../sdp/anchored-lines';
import { withoutLiteIce } from '../sdp/ice-attributes';
import { withoutRtcpPayloadTypes } from '../sdp/payload-types';
import { invalidSdp, splitSdp, type SdpLines } from '../sdp/sdp-lines';
import { tcpLines, withUdpLines, type TcpLines } from '../sdp/tcp-media-lines';
import { viewSession } from '../sdp/session-view';
import type { Side } from './media-anchor';
import { withPlacedLines } from './placed-lines';

/** An SDP as the anchor works on it, and what the SDP to its sender has to heed of the lines as they were written. */
export interface ReceivedSdp {
  /** RTP over UDP alone, with ICE only on lines where it can be used. */
  sdp: SdpLines;
  /** The lines that were RTP over TCP. */
  tcp: TcpLines;
  /** The lines without ICE because their default is not among their candidates (B16). */
  mismatched: ReadonlySet<number>;
}

/**
 * @param maySend whether media may be sent to the core there
 * @param most lines that are carried; those behind them are declined
 * @throws EdgeError `sdp-invalid` or `no-usable-media` (488)
 */
export function receivedSdp(from: Side, text: string, maySend: MaySend, most: number): ReceivedSdp {
  const written = withFirstLines(splitSdp(text), most);
  if (from === 'core') return { sdp: withPlacedLines(written, maySend), tcp: new Map(), mismatched: new Set() };
  const usable = withoutLiteIce(written);
  const tcp = tcpLines(usable);
  const overUdp = tcp.size === 0 ? usable : withUdpLines(usable);
  const mismatched = mismatchedLines(overUdp);
  return { sdp: withoutRtcpPayloadTypes(withoutIceOn(overUdp, mismatched)), tcp, mismatched };
}

/**
 * An answer keeps the transport of its offer (RFC 8839 §4.3.2).
 * @throws EdgeError `sdp-invalid` (488)
 */
export function requireOfferedTransport({ sdp, tcp }: ReceivedSdp, offered: TcpLines): void {
  const isUsed = (line: number) => viewSession(sdp).media[line]?.port !== 0;
  if ([...tcp.keys()].some((line) => !offered.has(line) && isUsed(line)))
    throw invalidSdp('it answers RTP over UDP with RTP over TCP');
}
