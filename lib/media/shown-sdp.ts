import { EdgeError } from '../errors';
import { withDiscardDefaults } from '../sdp/default-address';
import { withoutBundle, withoutMuxOnly, withoutRtcpMux } from '../sdp/grouping';
import { withoutIce, withUsableIce } from '../sdp/ice-attributes';
import { isAnchorable } from '../sdp/media-line';
import { isMsrp } from '../sdp/msrp-line';
import { invalidSdp, type SdpLines } from '../sdp/sdp-lines';
import { viewSession, type MediaView } from '../sdp/session-view';
import { withSourceAddresses } from '../sdp/source-address';
import type { Side } from './media-anchor';

/**
 * What rtpengine is shown of one side: of the core neither ICE nor rtcp-mux, of a UE what it can use of its ICE, and no
 * address that is the UE's word alone (C11).
 * @param ueAddress where the UE's SIP comes from; undefined: not known
 * @throws EdgeError `sdp-invalid` (488)
 */
export function shownSdp(from: Side, sdp: SdpLines, ueAddress: string | undefined): SdpLines {
  const separate = withoutBundle(sdp);
  const shown =
    from === 'core'
      ? withoutIce(withoutMuxOnly(withoutRtcpMux(separate)))
      : withSourceAddresses(withDiscardDefaults(withUsableIce(withoutMuxOnly(separate))), ueAddress);
  for (const { transport, port, address } of viewSession(shown).media)
    if (isAnchorable(transport) && port !== 0 && address === undefined)
      throw invalidSdp('a media line has no IP address');
  return shown;
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
      'The SDP has no media line that can be carried: RTP over UDP, RTP over TCP with ICE, or MSRP is needed.',
      {
        sipStatus: 488,
      },
    );
}
