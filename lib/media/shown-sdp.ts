import { EdgeError } from '../errors';
import { withDiscardDefaults } from '../sdp/default-address';
import { withoutBundle, withoutRtcpMux } from '../sdp/grouping';
import { withoutIce, withUsableIce } from '../sdp/ice-attributes';
import { requireForeignDestinations } from '../sdp/media-destination';
import { isAnchorable } from '../sdp/media-line';
import { invalidSdp, type SdpLines } from '../sdp/sdp-lines';
import { viewSession, type MediaView } from '../sdp/session-view';
import type { Side } from './media-anchor';

/**
 * What rtpengine is shown of one side: of the core neither ICE nor rtcp-mux, of a UE what it can use of its ICE.
 * @param own the machine's addresses, to which a UE may not have media sent
 * @throws EdgeError `sdp-invalid` (488)
 */
export function shownSdp(from: Side, sdp: SdpLines, own: readonly string[]): SdpLines {
  if (from === 'access') requireForeignDestinations(sdp, own);
  const separate = withoutBundle(sdp);
  const shown = from === 'core' ? withoutIce(withoutRtcpMux(separate)) : withDiscardDefaults(withUsableIce(separate));
  for (const { transport, port, address } of viewSession(shown).media)
    if (isAnchorable(transport) && port !== 0 && address === undefined)
      throw invalidSdp('a media line has no IP address');
  return shown;
}

/** @throws EdgeError `no-usable-media` (488) */
export function requireUsable(media: readonly MediaView[]): void {
  if (!media.some(({ transport, port }) => isAnchorable(transport) && port !== 0))
    throw new EdgeError(
      'no-usable-media',
      'The SDP has no media line that can be carried: RTP over UDP, or over TCP with ICE, is needed.',
      {
        sipStatus: 488,
      },
    );
}
