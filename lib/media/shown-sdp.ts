import { EdgeError } from '../errors';
import { withoutMuxOnly, withoutRtcpMux } from '../sdp/rtcp-mux';
import { withoutIce, withUsableIce } from '../sdp/ice-attributes';
import { isAnchorable } from '../sdp/media-line';
import type { LineFamilies } from '../sdp/line-family';
import { saidPlace, withPlaces } from '../sdp/line-place';
import { isMsrp } from '../sdp/msrp-line';
import type { Sdp } from '../sdp/sdp';
import type { MediaView } from '../sdp/session-view';
import { uePlace, type KnownOfUe } from '../sdp/ue-place';
import type { Side } from './media-anchor';

/**
 * What rtpengine is shown of one side: of the core neither ICE nor rtcp-mux, of a UE what it can use of its ICE, and no
 * address that is the UE's word alone (C11). Places of media are said in our words.
 * @param families of its lines
 * @param ue where the UE is known to be
 */
export function shownSdp(from: Side, sdp: Sdp, families: LineFamilies, ue: KnownOfUe): Sdp {
  if (from === 'core')
    return withPlaces(withoutIce(withoutMuxOnly(withoutRtcpMux(sdp))), (line) => saidPlace(line, families(line)));
  return withPlaces(withUsableIce(withoutMuxOnly(sdp)), (line) => uePlace(line, families(line), ue));
}

/**
 * A session with no media line in use is one all the same (RFC 3264 §5, §5.1): a later offer brings its media.
 * @param came the lines as they came
 * @param media what is left in use of them
 * @param carriesMsrp whether MSRP is media that can be carried
 * @throws EdgeError `no-usable-media` (488) where there are lines in use, and none of them can be carried
 */
export function requireUsable(came: readonly MediaView[], media: readonly MediaView[], carriesMsrp: boolean): void {
  const isCarried = (transport: string) => isAnchorable(transport) || (carriesMsrp && isMsrp(transport));
  const isInUse = ({ port }: MediaView) => port !== 0;
  if (came.some(isInUse) && !media.some((line) => isInUse(line) && isCarried(line.transport)))
    throw new EdgeError(
      'no-usable-media',
      'The SDP has no media line that can be carried: RTP over UDP, RTP over TCP with ICE, or MSRP is needed, and keys for SRTP.',
    );
}
