import type { IceCredentials } from '../ice/credentials';
import { isUsable } from './candidate';
import { withEachPart, withEachSection, type Sdp } from './sdp';
import type { SdpLine } from './sdp-line';
import type { MediaSection, SdpPart } from './sdp-part';
import type { MediaView } from './session-view';

const iceAttributes = [
  'candidate',
  'remote-candidates',
  'end-of-candidates',
  'ice-ufrag',
  'ice-pwd',
  'ice-options',
  'ice-lite',
  'ice-pacing',
  'ice-mismatch',
];

/** The section without ICE. */
export function withoutLineIce(section: MediaSection): MediaSection {
  return section.without(iceAttributes);
}

/**
 * The SDP without ICE and without what concerns TCP (B19): what one side negotiates there is no business
 * of the other. `setup` stays where it governs DTLS (B14).
 */
export function withoutIce(sdp: Sdp): Sdp {
  const hasDtls = (part: SdpPart) => sdp.session.has('fingerprint') || part.has('fingerprint');
  return withEachPart(sdp, (part) =>
    part.without([...iceAttributes, 'connection', ...(hasDtls(part) ? [] : ['setup'])]),
  );
}

/** The SDP with the ufrag and pwd of this line, of another SDP, in place of the same line's own. */
export function withIceSessionOf(sdp: Sdp, line: Pick<MediaView, 'index' | 'ufrag' | 'pwd'> | undefined): Sdp {
  if (line?.ufrag === undefined || line.pwd === undefined) return sdp;
  const { index, ufrag, pwd } = line;
  return withEachSection(sdp, (section, at) => (at === index ? withCredentials(section, { ufrag, pwd }) : section));
}

/** The section with these in place of its own. */
export function withCredentials(section: MediaSection, { ufrag, pwd }: IceCredentials): MediaSection {
  return section.without(['ice-ufrag', 'ice-pwd']).and([`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`]);
}

/**
 * The SDP with `a=ice-lite` at session level if any of its lines has ICE, and without it else (B8).
 * It is put at the end of the session part.
 */
export function withIceLite(sdp: Sdp): Sdp {
  const { session, media } = withEachPart(sdp, (part) => part.without(['ice-lite']));
  const hasIce = [session, ...media].some((part) => part.has('ice-ufrag'));
  return { session: session.and(hasIce ? ['a=ice-lite'] : []), media };
}

/** Of no use to an ICE-lite agent, or not for rtpengine: F3, `remote-candidates` may name the gateway. */
const notShown = ['remote-candidates', 'end-of-candidates', 'ice-options', 'ice-pacing'];

/**
 * The SDP with no more ICE than rtpengine can use: credentials and UDP candidates, without those that name a host
 * instead of an address or are no candidates (B18), and without trickle (B20).
 */
export function withUsableIce({ session, media }: Sdp): Sdp {
  const keeps = (line: SdpLine) => !line.is('candidate') || isUdpByAddress(line);
  return { session: session.without(notShown), media: media.map((section) => section.without(notShown).filter(keeps)) };
}

function isUdpByAddress({ candidate }: SdpLine): boolean {
  return candidate?.transport === 'udp' && isUsable(candidate);
}
