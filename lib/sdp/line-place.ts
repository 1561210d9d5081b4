import { addressBytes, familyOf, normalAddress, unspecified, type AddressFamily } from '../ip-address';
import type { TransportAddress } from '../ice/transport-address';
import { isAnchorable } from './media-line';
import type { Sdp } from './sdp';
import type { MediaSection } from './sdp-part';
import { isUnspecified, withEachLine, type MediaView } from './session-view';

/** Where the sender of a line wants its media. */
export interface LinePlace extends TransportAddress {
  /**
   * What a=rtcp says (RFC 3605); undefined: RTCP goes to the port above, or there is no media. With 0.0.0.0 or :: it goes
   * nowhere, as where libwebrtc has no default yet.
   */
  rtcp: { address: string | undefined; port: number } | undefined;
}

/** Whether media of a line, by its index, may be sent to a place; `family`: of our socket, where that is settled. */
export type MaySend = (line: number, place: TransportAddress, family?: AddressFamily) => boolean;

/** Port 0, or on hold by its address, however that is spelled. */
export function isWithoutMedia({ port, address }: MediaView): boolean {
  return port === 0 || (address !== undefined && isUnspecified(normalAddress(address)));
}

/** Undefined if it has no IP address. */
export function linePlace({ address, port, rtcpPort, rtcpAddress }: MediaView): LinePlace | undefined {
  if (address === undefined) return undefined;
  const hasRtcp = rtcpPort !== undefined && rtcpPort >= 1 && rtcpPort <= 65535;
  const own = normalAddress(address);
  if (!hasRtcp) return { address: own, port, rtcp: undefined };
  const said = rtcpAddress && normalAddress(rtcpAddress);
  // No socket sends to both families: what is not sent to where RTP is goes nowhere.
  const isElsewhere = said !== undefined && addressBytes(said) !== undefined && familyOf(said) !== familyOf(own);
  const isNowhere = isElsewhere || isUnspecified(said);
  return { address: own, port, rtcp: { port: rtcpPort, address: isNowhere ? unspecified(familyOf(own)) : said } };
}

/** All that is sent to: RTP, and RTCP, by RFC 3550 §11 one port above where nothing else is said. */
export function sentTo({ address, port, rtcp }: LinePlace): readonly TransportAddress[] {
  if (isUnspecified(rtcp?.address)) return [{ address, port }];
  return [
    { address, port },
    { address: rtcp?.address ?? address, port: rtcp?.port ?? port + 1 },
  ];
}

/** The section with this place for its media, said once and in one spelling. */
export function withPlace(section: MediaSection, { address, port, rtcp }: LinePlace): MediaSection {
  const at = rtcp?.address === undefined ? '' : ` IN ${familyOf(rtcp.address)} ${rtcp.address}`;
  const said = rtcp === undefined ? [] : [`a=rtcp:${rtcp.port}${at}`];
  return section.with({ port }).without(['rtcp']).at(address).and(said);
}

/** Where a line says that it wants its media; one without media names no place, of this family. */
export function saidPlace(view: MediaView, family: AddressFamily): LinePlace {
  const place = isWithoutMedia(view) ? undefined : linePlace(view);
  return place ?? { address: unspecified(family), port: view.port, rtcp: undefined };
}

/**
 * The SDP with the place of each line that is for rtpengine in our words. It may be said twice (a second c= or a=rtcp,
 * several ports), or so that one reads it and another does not: who judges it has to read what rtpengine reads.
 */
export function withPlaces(sdp: Sdp, placeOf: (line: MediaView) => LinePlace): Sdp {
  const { session, media } = withEachLine(sdp, (section, view) =>
    isAnchorable(view.transport) ? withPlace(section, placeOf(view)) : section,
  );
  return { session: session.without(['rtcp']).filter(({ type }) => type !== 'c'), media };
}
