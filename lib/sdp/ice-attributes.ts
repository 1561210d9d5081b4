import { isUsable, parseCandidate } from './candidate';
import { hasAttribute, isAttribute, withoutAttributes, type SdpLines } from './sdp-lines';

/** The credentials of one media line. */
export interface IceSession {
  index: number;
  ufrag: string | undefined;
  pwd: string | undefined;
}

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
export function withoutLineIce(section: readonly string[]): readonly string[] {
  return withoutAttributes(section, iceAttributes);
}

/**
 * The SDP without ICE and without what concerns TCP (B19): what one side negotiates there is no business
 * of the other. `setup` stays where it governs DTLS (B14).
 */
export function withoutIce(sdp: SdpLines): SdpLines {
  const sessionDtls = hasAttribute(sdp.session, 'fingerprint');
  const strip = (lines: readonly string[]) =>
    withoutAttributes(lines, [
      ...iceAttributes,
      'connection',
      ...(sessionDtls || hasAttribute(lines, 'fingerprint') ? [] : ['setup']),
    ]);
  return { session: strip(sdp.session), media: sdp.media.map(strip) };
}

/** The SDP with the ufrag and pwd of this line, of another SDP, in place of the same line's own. */
export function withIceSessionOf(sdp: SdpLines, line: IceSession | undefined): SdpLines {
  if (line?.ufrag === undefined || line.pwd === undefined) return sdp;
  const { index, ufrag, pwd } = line;
  const own = (section: readonly string[]) => withoutAttributes(section, ['ice-ufrag', 'ice-pwd']);
  return {
    session: sdp.session,
    media: sdp.media.map((section, at) =>
      at === index ? [...own(section), `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`] : section,
    ),
  };
}

/**
 * The SDP with `a=ice-lite` at session level if any of its lines has ICE, and without it else (B8).
 * It is put at the end of the session part.
 */
export function withIceLite(sdp: SdpLines): SdpLines {
  const session = withoutAttributes(sdp.session, ['ice-lite']);
  const media = sdp.media.map((section) => withoutAttributes(section, ['ice-lite']));
  const hasIce = hasAttribute(session, 'ice-ufrag') || media.some((section) => hasAttribute(section, 'ice-ufrag'));
  return { session: hasIce ? [...session, 'a=ice-lite'] : session, media };
}

/** Of no use to an ICE-lite agent, or not for rtpengine: F3, `remote-candidates` may name the gateway. */
const notShown = ['remote-candidates', 'end-of-candidates', 'ice-options', 'ice-pacing'];

/**
 * The SDP with no more ICE than rtpengine can use: credentials and UDP candidates, without those that name a host
 * instead of an address or are no candidates (B18), and without trickle (B20).
 */
export function withUsableIce(sdp: SdpLines): SdpLines {
  const keeps = (line: string) => !isAttribute(line, 'candidate') || isUdpByAddress(line);
  return {
    session: withoutAttributes(sdp.session, notShown),
    media: sdp.media.map((section) => withoutAttributes(section, notShown).filter(keeps)),
  };
}

function isUdpByAddress(line: string): boolean {
  const candidate = parseCandidate(line);
  return candidate?.transport === 'udp' && isUsable(candidate);
}
