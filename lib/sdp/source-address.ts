import { familyOf, normalAddress, type AddressFamily } from '../ip-address';
import { discardPlace } from './discard-place';
import type { LineFamilies } from './line-family';
import { linePlace, sentTo, withPlace, type MaySend } from './line-place';
import { isAnchorable } from './media-line';
import { withEachSection, withOwnConnections, type Sdp } from './sdp';
import type { MediaSection } from './sdp-part';
import { isUnspecified, viewSession, type MediaView } from './session-view';

/**
 * The SDP of a UE with the address of each line without ICE replaced by the one that its SIP comes from. What c= says
 * is the UE's word alone, and could have media sent to anybody; the address of its SIP it has shown to have. rtpengine
 * then follows its RTP to wherever that comes from, a NAT or another host of the UE. Nobody is sent anything before
 * that where the address is unknown, or not of the line's family, or media may not be sent to a port that the line names:
 * it names loopback and port 9 then, where nobody listens.
 * A hold by 0.0.0.0 stays one, without a=rtcp: rtpengine would send the RTCP of the core to the address there.
 */
export function withSourceAddresses(
  sdp: Sdp,
  families: LineFamilies,
  source: string | undefined,
  maySend: MaySend,
): Sdp {
  const { media } = viewSession(sdp);
  if (!media.some((view) => isPlain(view) || isHeldWithRtcp(view))) return sdp;
  return withEachSection(withOwnConnections(sdp), (section, index) => {
    const view = media[index];
    if (view !== undefined && isPlain(view)) return withSource(section, view, families(view), source, maySend);
    return view && isHeldWithRtcp(view) ? section.without(['rtcp']) : section;
  });
}

/**
 * Whether it is known where a UE's lines are sent from: by ICE on one of them; else because each is shown with the
 * address and port that it says, the address being that of the UE's SIP. Where the two addresses differ a NAT stands
 * between, and may have changed the port too.
 * @param said the UE's lines as it wrote them
 * @param shown as rtpengine is shown them
 */
export function areSourcesKnown(said: readonly MediaView[], shown: readonly MediaView[]): boolean {
  const media = said.filter(({ transport, port }) => isAnchorable(transport) && port !== 0);
  if (media.some(({ hasIce }) => hasIce)) return true;
  return media.every((line) => isSamePlace(line, shown[line.index]));
}

function isSamePlace(said: MediaView, shown: MediaView | undefined): boolean {
  if (said.address === undefined || shown?.address === undefined || isUnspecified(said.address)) return false;
  return said.port === shown.port && normalAddress(said.address) === normalAddress(shown.address);
}

function isPlain({ transport, hasIce, port, address }: MediaView): boolean {
  return isAnchorable(transport) && !hasIce && port !== 0 && !isUnspecified(address);
}

function isHeldWithRtcp({ address, rtcpPort }: MediaView): boolean {
  return isUnspecified(address) && rtcpPort !== undefined;
}

function withSource(
  section: MediaSection,
  view: MediaView,
  family: AddressFamily,
  source: string | undefined,
  maySend: MaySend,
): MediaSection {
  const nobody = discardPlace(family);
  if (source === undefined || familyOf(source) !== family) return withPlace(section, nobody);
  // The address in a=rtcp would be another word of the UE (RFC 3605 §2.1).
  const said = linePlace({ ...view, address: source, rtcpAddress: undefined });
  const isAllowed = said !== undefined && sentTo(said).every((to) => maySend(view.index, to));
  return withPlace(section, isAllowed ? said : nobody);
}
