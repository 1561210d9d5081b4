import { familyOf } from '../ip-address';
import { discardPlace } from '../sdp/discard-place';
import { withoutRtcpMux } from '../sdp/rtcp-mux';
import { withoutIce } from '../sdp/ice-attributes';
import { withPlaces } from '../sdp/line-place';
import type { Sdp } from '../sdp/sdp';
import { viewSession, type MediaView } from '../sdp/session-view';

const plainTransports = ['RTP/AVP', 'RTP/AVPF'];

/**
 * The answer that rtpengine is given to a first offer to a UE before the UE gets it: to be sent no media, and to be
 * heard from nowhere.
 *
 * Until it has an SDP of a side, rtpengine passes on whatever comes to that side's port. If a pair is nominated by
 * then, which a UE may do before its answer has come (RFC 8445 §7.3), it also sends the media to whoever sent the last
 * packet, and goes on to do so in the whole call, whatever flags the answer has. It keeps ICE and its credentials
 * through this answer and takes those of the UE with the real one.
 *
 * @param offered what rtpengine wrote for the UE
 * @returns undefined with SRTP, where a second answer would bring other keys: there the far ends see to it that
 *   nothing is injected
 */
export function answerOfNobody(offered: Sdp): Sdp | undefined {
  const { media } = viewSession(offered);
  if (media.some((line) => line.port !== 0 && !isPlain(line, offered))) return undefined;
  // rtpengine wants an address on a line with port 0, too.
  return withPlaces(withoutIce(withoutRtcpMux(offered)), ({ address = '', port }) => {
    const nowhere = discardPlace(familyOf(address));
    return port === 0 ? { ...nowhere, port } : nowhere;
  });
}

function isPlain({ transport, hasDtls, index }: MediaView, { media }: Sdp): boolean {
  return plainTransports.includes(transport) && !hasDtls && media[index]?.has('crypto') !== true;
}
