import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { addressBytes } from '../ip-address';
import { canConnect, isUsable, parseCandidate, type Candidate } from './candidate';
import { isRtpOverUdp, parseMediaLine, type MediaLine } from './media-line';
import { isAttribute, joinSdp, type SdpLines } from './sdp-lines';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What one media line says, with what it inherits from the session part. */
export interface MediaView extends MediaLine {
  index: number;
  /** The address of its c= line; undefined if that is no IP address or missing. */
  address: string | undefined;
  direction: Direction;
  ufrag: string | undefined;
  pwd: string | undefined;
  /** Has both ufrag and pwd of the lengths that RFC 8839 §5.4 allows (B9). */
  hasIce: boolean;
  rtcpMux: boolean;
  /** RTP whose RTCP is not switched off by b=RS:0 and b=RR:0 (RFC 3556). */
  hasRtcp: boolean;
  /** Has a fingerprint: DTLS-SRTP (RFC 5763). */
  hasDtls: boolean;
  /** The port of a=rtcp, if there is one. */
  rtcpPort: number | undefined;
  /** The address of a=rtcp, if it has one. */
  rtcpAddress: string | undefined;
  /** Those that can be used: names and unknown transports are left out (B18). */
  candidates: Candidate[];
  /** Has a TCP candidate that would connect to ours: `active` or `so` (A9). */
  offersTcp: boolean;
}

export interface SessionView {
  media: MediaView[];
}

/** Lines are never changed, and each step of an offer or answer wants to know what they say. */
const views = new WeakMap<SdpLines, SessionView>();

/**
 * What an SDP says, for reading only: sdp-transform reorders and loses what it does not know, so writing is
 * done on the lines.
 * @throws EdgeError `sdp-invalid` (488)
 */
export function viewSession(sdp: SdpLines): SessionView {
  const known = views.get(sdp);
  if (known) return known;
  const session = parse(joinSdp({ session: read(sdp.session), media: sdp.media.map(read) }));
  const view = { media: sdp.media.map((section, index) => viewMedia(section, index, session, session.media[index])) };
  views.set(sdp, view);
  return view;
}

/**
 * What the attributes begin with that a view tells of. sdp-transform tries dozens of patterns on each line, so that an
 * SDP with thousands of others would take a tenth of a second.
 */
const told = [
  ...['a=ice-ufrag:', 'a=ice-pwd:', 'a=rtcp-mux', 'a=rtcp:', 'a=fingerprint:'],
  ...['a=sendrecv', 'a=sendonly', 'a=recvonly', 'a=inactive'],
];

function read(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith('a=') || told.some((name) => line.startsWith(name)));
}

function viewMedia(
  section: readonly string[],
  index: number,
  session: SessionDescription,
  media: MediaDescription = { type: '', port: 0, protocol: '', rtp: [], fmtp: [] },
): MediaView {
  const line = parseMediaLine(section[0] ?? '');
  const ufrag = text(media.iceUfrag ?? session.iceUfrag);
  const pwd = text(media.icePwd ?? session.icePwd);
  const address = text((media.connection ?? session.connection)?.ip)?.split('/', 1)[0];
  const candidates = section
    .filter((attribute) => isAttribute(attribute, 'candidate'))
    .map((attribute) => parseCandidate(attribute))
    .filter((candidate) => candidate !== undefined && isUsable(candidate)) as Candidate[];
  return {
    ...line,
    index,
    address: address !== undefined && addressBytes(address) !== undefined ? address : undefined,
    direction: media.direction ?? session.direction ?? 'sendrecv',
    ufrag,
    pwd,
    hasIce: within(ufrag, 4, 256) && within(pwd, 22, 256),
    rtcpMux: media.rtcpMux !== undefined,
    hasRtcp: isRtpOverUdp(line.transport) && !rtcpSwitchedOff(media, session),
    hasDtls: (media.fingerprint ?? session.fingerprint) !== undefined,
    rtcpPort: number(media.rtcp?.port),
    rtcpAddress: text(media.rtcp?.address),
    candidates,
    offersTcp: candidates.some(canConnect),
  };
}

/** The address that stands for none: 0.0.0.0 or ::. */
export function isUnspecified(address: string | undefined): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** False for a name, and for 0.0.0.0 or :: with port 9: what a line with ICE may say instead (RFC 8839 §4.2.5). */
export function hasDefault({ address, port }: MediaView): boolean {
  return address !== undefined && !(isUnspecified(address) && port === 9);
}

/** On hold as before RFC 3264: 0.0.0.0 or :: with a port of its own. */
export function isHeldByAddress({ address, port }: MediaView): boolean {
  return isUnspecified(address) && port !== 9 && port !== 0;
}

/** sdp-transform makes numbers of numeric tokens, though only of those that come back unchanged as text. */
function text(token: string | number | undefined): string | undefined {
  return token === undefined ? undefined : String(token);
}

/** Of digits that begin with 0, sdp-transform makes no number. */
function number(token: string | number | undefined): number | undefined {
  return token === undefined ? undefined : Number(token);
}

function within(token: string | undefined, least: number, most: number): boolean {
  return token !== undefined && token.length >= least && token.length <= most;
}

/** Each of the two is inherited by itself (RFC 3556 §2). */
function rtcpSwitchedOff(...parts: { bandwidth?: { type: string; limit: number }[] }[]): boolean {
  const lines = parts.flatMap(({ bandwidth = [] }) => bandwidth);
  return ['RS', 'RR'].every((wanted) => lines.find(({ type }) => type === wanted)?.limit === 0);
}
