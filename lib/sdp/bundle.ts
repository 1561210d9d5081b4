import { midsOf } from './mids';
import { withEachSection, type Sdp } from './sdp';
import type { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';
import { viewSession, type MediaView } from './session-view';

/**
 * Lines, by their index, that have one transport or may have one: that of the first, the tagged one (RFC 9143 §7). One
 * without lines says that nothing is bundled.
 */
export type BundleGroup = readonly number[];

/** For a line that has its transport from another: which one. */
export type SharedTransports = ReadonlyMap<number, number>;

/** What belongs to the transport of a line, and not to its media (RFC 8859). */
const ofTransport = [
  ...['candidate', 'end-of-candidates', 'ice-ufrag', 'ice-pwd', 'ice-options', 'ice-pacing', 'remote-candidates'],
  ...['rtcp', 'rtcp-mux', 'rtcp-mux-only', 'fingerprint', 'setup', 'tls-id', 'dtls-id', 'crypto'],
];

/** The groups of an SDP, of its lines in use, or to be used if they are bundled. What stands in two is in the first alone. */
export function bundleGroups(sdp: Sdp): BundleGroup[] {
  const mids = midsOf(sdp);
  const taken = new Set<number>();
  return sdp.session.lines.flatMap((line) => {
    const members = isBundle(line) ? line.group?.mids : undefined;
    const lines = (members ?? []).flatMap((mid) => {
      const index = mids.indexOf(mid);
      if (index === -1 || taken.has(index) || !isWanted(sdp.media[index])) return [];
      taken.add(index);
      return [index];
    });
    // The transport of a line with port 0 is that of another (RFC 9143 §7.3.1).
    const tag = lines.find((index) => !isBundleOnly(sdp.media[index]));
    return tag === undefined ? [] : [[tag, ...lines.filter((index) => index !== tag)]];
  });
}

/** The SDP with these groups alone. */
export function withBundleGroups(sdp: Sdp, groups: readonly BundleGroup[]): Sdp {
  const { session, media } = withoutBundle(sdp);
  const mids = midsOf(sdp);
  const lines = groups.map((group) => ['a=group:BUNDLE', ...group.flatMap((index) => mids[index] ?? [])].join(' '));
  return { session: session.and(lines), media };
}

/**
 * The SDP without BUNDLE: each media line keeps a transport and a ufrag of its own. `a=mid` and `a=msid` stay, because
 * other groups (RFC 5888) and the UE's own bookkeeping rest on them.
 */
export function withoutBundle({ session, media }: Sdp): Sdp {
  return {
    session: session.filter((line) => !isBundle(line)),
    media: media.map((section) => section.without(['bundle-only'])),
  };
}

/** Whether any of its groups is a BUNDLE. */
export function hasBundle({ session }: Sdp): boolean {
  return session.lines.some(isBundle);
}

/** What was said of an SDP's lines before it. */
export interface SaidBefore {
  /** By the same side in the last complete exchange. */
  lines: readonly MediaView[];
  /** It was agreed that nothing is bundled: what a line does not have yet is to come. */
  areApart: boolean;
}

/**
 * The lines of an SDP that can only be had with the transport of another (RFC 9143 §7.1.3): `a=bundle-only`, or nothing of
 * their own beside what the tagged line has, or now the credentials of that one. libwebrtc writes these where it has put
 * a line into a group that there was, and lists candidates that are no more.
 */
export function sharedTransports(sdp: Sdp, before: SaidBefore): SharedTransports {
  const { media } = viewSession(sdp);
  return membersOf(bundleGroups(sdp), (index, tag) => {
    const isSame = media[index]?.ufrag === undefined || media[index].ufrag === media[tag]?.ufrag;
    const hasNone = hasCandidates(sdp, tag) && !hasCandidates(sdp, index);
    const isJoined = !before.areApart && isSame && (hasNone || hadOwnUfrag(before.lines, index, tag));
    return isJoined || isBundleOnly(sdp.media[index]);
  });
}

/** Whether the group is of several lines, and each has a transport of its own until it is bundled. */
export function areApart(sdp: Sdp, group: BundleGroup): boolean {
  const candidates = group.map((index) => sdp.media[index]?.lines.filter((line) => line.is('candidate')) ?? []);
  const lists = new Set(candidates.map((lines) => lines.map(({ text }) => text).join()));
  return group.length > 1 && lists.size === group.length && !lists.has('');
}

/** The SDP with the transport written to the lines that have it from another. */
export function withSharedTransports(sdp: Sdp, shared: SharedTransports): Sdp {
  return withEachSection(sdp, (section, index) => {
    const tag = sdp.media[shared.get(index) ?? -1];
    return tag === undefined ? section : withTransportOf(section, tag);
  });
}

/** The lines that are bundled by an answer, or were before, behind the tagged one of their group. */
export function bundledLines(sdp: Sdp): SharedTransports {
  return membersOf(bundleGroups(sdp), () => true);
}

/** The lines that were written with port and ufrag of the tagged one of their group. */
export function writtenAsShared(sdp: Sdp, groups: readonly BundleGroup[]): SharedTransports {
  const { media } = viewSession(sdp);
  return membersOf(
    groups,
    (index, tag) => media[index]?.port === media[tag]?.port && media[index]?.ufrag === media[tag]?.ufrag,
  );
}

/** The lines of groups, behind the tagged ones, of which this is true. */
function membersOf(
  groups: readonly BundleGroup[],
  isMember: (index: number, tag: number) => boolean,
): SharedTransports {
  const of = ([tag = -1, ...rest]: BundleGroup) =>
    rest.filter((index) => isMember(index, tag)).map((index) => [index, tag] as const);
  return new Map(groups.flatMap(of));
}

/** The SDP with these lines to be used only with the transport of their group: who does not bundle declines them (RFC 9143 §6). */
export function withBundleOnly(sdp: Sdp, lines: ReadonlySet<number>): Sdp {
  return withEachSection(sdp, (section, index) =>
    lines.has(index) ? section.with({ port: 0 }).and(['a=bundle-only']) : section,
  );
}

/** The SDP with these lines declined. */
export function withDeclined(sdp: Sdp, lines: { has(index: number): boolean }): Sdp {
  return withEachSection(sdp, (section, index) => (lines.has(index) ? section.declined() : section));
}

function withTransportOf(section: MediaSection, tag: MediaSection): MediaSection {
  const isConnection = ({ type }: SdpLine) => type === 'c';
  return section
    .with({ port: tag.port })
    .filter((line) => !isConnection(line) && !line.is(...ofTransport, 'bundle-only'))
    .insert(tag.lines.filter(isConnection), 'i')
    .and(tag.lines.filter((line) => line.is(...ofTransport)));
}

function isBundle({ group }: SdpLine): boolean {
  return group?.isBundle === true;
}

function isBundleOnly(section: MediaSection | undefined): boolean {
  return section?.port === 0 && section.has('bundle-only');
}

function hadOwnUfrag(lines: readonly MediaView[], index: number, tag: number): boolean {
  const [own, ofTag] = [lines[index]?.ufrag, lines[tag]?.ufrag];
  return own !== undefined && ofTag !== undefined && own !== ofTag;
}

function hasCandidates({ media }: Sdp, index: number): boolean {
  return media[index]?.has('candidate') === true;
}

function isWanted(section: MediaSection | undefined): boolean {
  return section !== undefined && (section.port !== 0 || isBundleOnly(section));
}
