import type { TransportAddress } from '../ice/transport-address';
import { familyOf, normalAddress, unspecified, type AddressFamily } from '../ip-address';
import { discardPlace, discardPort } from './discard-place';
import { isWithoutMedia, linePlace, saidPlace, sentTo, type LinePlace, type MaySend } from './line-place';
import { isAnchorable } from './media-line';
import { isHeldByAddress, isUnspecified, type MediaView } from './session-view';

/**
 * Whether candidates say where media goes to a line, and not c=, m= and a=rtcp. rtpengine would take 0.0.0.0 there for a
 * hold and refuse a name, where RFC 8839 §4.2.5 has no default yet. A hold by 0.0.0.0 stays one.
 */
export function goesByIce(view: MediaView): boolean {
  return view.hasIce && view.port !== 0 && !isHeldByAddress(view);
}

/** What is known of where a UE is, beside what it says. */
export interface KnownOfUe {
  /** Where its SIP comes from; undefined: not known. */
  source: string | undefined;
  /** Whether media may be sent to the UE there. */
  maySend: MaySend;
  /** Whether that is a relayed address of the UE (TURN). */
  isRelay: (place: TransportAddress) => boolean;
}

/**
 * The place that rtpengine is shown of a line of a UE, whose word alone c=, m= and a=rtcp are: anybody could have media
 * sent to somebody else (C11). With ICE it is one where nobody listens, as rtpengine sends to the default until a pair is
 * nominated.
 *
 * Without ICE it has the address that the UE's SIP comes from, which the UE has shown to have; rtpengine then follows its
 * RTP to wherever that comes from, a NAT or another host of the UE. Nobody is sent anything before that where the address
 * is unknown, or not of the line's family, or media may not be sent to a port that the line names. A hold by 0.0.0.0 is
 * without a=rtcp: rtpengine would send the RTCP of the core to the address there.
 *
 * A relayed address of the UE is ours, and known to lead to it: it is shown as it is.
 *
 * @param family that rtpengine is to take for its own address
 */
export function uePlace(view: MediaView, family: AddressFamily, { source, maySend, isRelay }: KnownOfUe): LinePlace {
  if (goesByIce(view)) return discardPlace(family);
  if (isWithoutMedia(view)) return saidPlace(view, family);
  const relayed = relayedPlace(view, isRelay);
  if (relayed !== undefined && familyOf(relayed.address) === family) return relayed;
  if (source === undefined || familyOf(source) !== family) return discardPlace(family);
  // The address in a=rtcp would be another word of the UE (RFC 3605 §2.1).
  const said = linePlace({ ...view, address: source, rtcpAddress: undefined });
  const isAllowed = said !== undefined && sentTo(said).every((to) => maySend(view.index, to));
  return isAllowed ? said : discardPlace(family);
}

/** Undefined: it is no relayed address. RTCP that has none of its own goes nowhere: it would go to another port of ours. */
function relayedPlace(view: MediaView, isRelay: KnownOfUe['isRelay']): LinePlace | undefined {
  const said = linePlace(view);
  if (said === undefined || !isRelay(said)) return undefined;
  const [, rtcp] = sentTo(said);
  const nowhere = { address: unspecified(familyOf(said.address)), port: discardPort };
  return { ...said, rtcp: rtcp !== undefined && isRelay(rtcp) ? rtcp : nowhere };
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
