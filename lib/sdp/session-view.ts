import { addressBytes } from '../ip-address';
import type { Candidate } from './candidate';
import { isRtpOverUdp, type MediaLine } from './media-line';
import type { Sdp } from './sdp';
import type { Said } from './sdp-line';
import type { MediaSection } from './sdp-part';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What one media line says, with what it inherits from the session part. */
export interface MediaView extends Readonly<MediaLine> {
  readonly index: number;
  /** The address of its c= line; undefined if that is no IP address or missing. */
  readonly address: string | undefined;
  readonly direction: Direction;
  readonly ufrag: string | undefined;
  readonly pwd: string | undefined;
  /** Has both ufrag and pwd of the lengths that RFC 8839 §5.4 allows (B9). */
  readonly hasIce: boolean;
  readonly rtcpMux: boolean;
  /** RTP whose RTCP is not switched off by b=RS:0 and b=RR:0 (RFC 3556). */
  readonly hasRtcp: boolean;
  /** Has a fingerprint: DTLS-SRTP (RFC 5763). */
  readonly hasDtls: boolean;
  /** The port of a=rtcp, if there is one. */
  readonly rtcpPort: number | undefined;
  /** The address of a=rtcp, if it has one. */
  readonly rtcpAddress: string | undefined;
  /** Those that can be used: names and unknown transports are left out (B18). */
  readonly candidates: readonly Candidate[];
  /** Has a TCP candidate that would connect to ours: `active` or `so` (A9). */
  readonly offersTcp: boolean;
  /** Has no candidate but those of TCP and of relays, be they by name. */
  readonly isTcpAlone: boolean;
}

export interface SessionView {
  readonly media: readonly MediaView[];
}

/**
 * What an SDP says, as it is now: put together of what its lines say.
 * @throws EdgeError `sdp-invalid` (488)
 */
export function viewSession(sdp: Sdp): SessionView {
  return { media: mapLines(sdp, (_, view) => view) };
}

/** Something of each line, and of what it says. */
export function mapLines<T>({ session, media }: Sdp, of: (section: MediaSection, view: MediaView) => T): T[] {
  return media.map((section, index) => of(section, viewMedia(section, index, session.says)));
}

/** The SDP with each section as `change` has it, which is told what the line says, too. */
export function withEachLine(sdp: Sdp, change: (section: MediaSection, view: MediaView) => MediaSection): Sdp {
  return { session: sdp.session, media: mapLines(sdp, change) };
}

/** Of sections that were looked at: neither they nor what the session part says ever change. */
const viewed = new WeakMap<MediaSection, { readonly session: Said; readonly view: MediaView }>();

function viewMedia(section: MediaSection, index: number, session: Said): MediaView {
  const known = viewed.get(section);
  if (known?.session === session && known.view.index === index) return known.view;
  const view = newView(section, index, session);
  viewed.set(section, { session, view });
  return view;
}

function newView(section: MediaSection, index: number, session: Said): MediaView {
  const { says, candidates, offersTcp, isTcpAlone } = section;
  const ufrag = text(says.iceUfrag ?? session.iceUfrag);
  const pwd = text(says.icePwd ?? session.icePwd);
  const address = text((says.connection ?? session.connection)?.ip)?.split('/', 1)[0];
  const { kind, port, transport, formats } = section.head.media;
  return {
    kind,
    port,
    transport,
    formats,
    index,
    address: address !== undefined && addressBytes(address) !== undefined ? address : undefined,
    direction: says.direction ?? session.direction ?? 'sendrecv',
    ufrag,
    pwd,
    hasIce: within(ufrag, 4, 256) && within(pwd, 22, 256),
    rtcpMux: says.rtcpMux !== undefined,
    hasRtcp: isRtpOverUdp(transport) && !rtcpSwitchedOff(says, session),
    hasDtls: (says.fingerprint ?? session.fingerprint) !== undefined,
    rtcpPort: number(says.rtcp?.port),
    rtcpAddress: text(says.rtcp?.address),
    candidates,
    offersTcp,
    isTcpAlone,
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
function rtcpSwitchedOff(...parts: Pick<Said, 'bandwidth'>[]): boolean {
  const lines = parts.flatMap(({ bandwidth = [] }) => bandwidth);
  return ['RS', 'RR'].every((wanted) => lines.find(({ type }) => type === wanted)?.limit === 0);
}
