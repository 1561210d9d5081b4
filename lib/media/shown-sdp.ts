import { EdgeError } from '../errors';
import { withKnownDefaults } from '../sdp/default-address';
import { withoutBundle, withoutRtcpMux } from '../sdp/grouping';
import { withIceSessionOf, withoutIce, withUdpCandidatesOnly } from '../sdp/ice-attributes';
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
  const shown =
    from === 'core' ? withoutIce(withoutRtcpMux(separate)) : withKnownDefaults(withUdpCandidatesOnly(separate));
  for (const { transport, port, address } of viewSession(shown).media)
    if (isAnchorable(transport) && port !== 0 && address === undefined)
      throw invalidSdp('a media line has no IP address');
  return shown;
}

/**
 * A later offer of the UE as rtpengine is shown it until it is answered: an ICE restart is kept back. rtpengine
 * would refuse the old credentials from the offer on, and offered them again it makes new ones, of which the UE
 * never hears if the offer is refused. The same lines if there is no restart.
 *
 * @param agreed the UE's lines by the last complete exchange
 */
export function withoutRestart(shown: SdpLines, agreed: readonly MediaView[]): SdpLines {
  const restarted = viewSession(shown).media.filter(({ index, hasIce, port, ufrag, pwd }) => {
    const before = agreed[index];
    return hasIce && port !== 0 && before?.hasIce === true && (before.ufrag !== ufrag || before.pwd !== pwd);
  });
  return restarted.reduce((sdp, { index }) => withIceSessionOf(sdp, agreed[index]), shown);
}

/** @throws EdgeError `no-usable-media` (488) */
export function requireUsable(media: readonly MediaView[]): void {
  if (!media.some(({ transport, port }) => isAnchorable(transport) && port !== 0))
    throw new EdgeError('no-usable-media', 'The SDP has no media line that can be carried: RTP over UDP is needed.', {
      sipStatus: 488,
    });
}
