import { EdgeError } from '../errors';
import { withDiscardDefaults } from '../sdp/default-address';
import { withoutMuxOnly, withoutRtcpMux } from '../sdp/grouping';
import { withoutIce, withUsableIce } from '../sdp/ice-attributes';
import { isAnchorable } from '../sdp/media-line';
import type { LineFamilies } from '../sdp/line-family';
import { withPlainPlaces, type MaySend } from '../sdp/line-place';
import { isMsrp } from '../sdp/msrp-line';
import type { SdpLines } from '../sdp/sdp-lines';
import type { MediaView } from '../sdp/session-view';
import { withSourceAddresses } from '../sdp/source-address';
import type { Side } from './media-anchor';

/**
 * What rtpengine is shown of one side: of the core neither ICE nor rtcp-mux, of a UE what it can use of its ICE, and no
 * address that is the UE's word alone (C11). Places of media are said in our words.
 * @param families of its lines
 * @param ueAddress where the UE's SIP comes from; undefined: not known
 * @param maySend whether media may be sent to the UE there
 */
export function shownSdp(
  from: Side,
  sdp: SdpLines,
  families: LineFamilies,
  ueAddress: string | undefined,
  maySend: MaySend,
): SdpLines {
  if (from === 'core') return withPlainPlaces(withoutIce(withoutMuxOnly(withoutRtcpMux(sdp))), families);
  const unproven = withDiscardDefaults(withUsableIce(withoutMuxOnly(sdp)), families);
  return withPlainPlaces(withSourceAddresses(unproven, families, ueAddress, maySend), families);
}

/**
 * @param carriesMsrp whether MSRP is media that can be carried
 * @throws EdgeError `no-usable-media` (488)
 */
export function requireUsable(media: readonly MediaView[], carriesMsrp: boolean): void {
  const isCarried = (transport: string) => isAnchorable(transport) || (carriesMsrp && isMsrp(transport));
  if (!media.some(({ transport, port }) => isCarried(transport) && port !== 0))
    throw new EdgeError(
      'no-usable-media',
      'The SDP has no media line that can be carried: RTP over UDP, RTP over TCP with ICE, or MSRP is needed, and keys for SRTP.',
    );
}
