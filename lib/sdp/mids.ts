import type { Sdp } from './sdp';
import { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

/** What the lines of an SDP are called in its groups (RFC 5888 §4), by their index; undefined where one has no a=mid. */
export type Mids = readonly (string | undefined)[];

export function midsOf({ media }: Sdp): Mids {
  return eachOnce(media.map(midOf));
}

/** Without those that an earlier line has (RFC 5888 §4). */
export function eachOnce(mids: Mids): Mids {
  return mids.map((mid, index) => (mids.indexOf(mid) === index ? mid : undefined));
}

/** The SDP with these mids in place of its own, in its groups too. A line without one stands in no group. */
export function withMids(sdp: Sdp, mids: Mids): Sdp {
  const before = sdp.media.map(midOf);
  if (before.every((mid, index) => mid === mids[index])) return sdp;
  const renamed = (mid: string) => mids[before.indexOf(mid)] ?? [];
  const lines = sdp.session.lines.map((line) => {
    const { group } = line;
    return group === undefined ? line : new SdpLine([group.head, ...group.mids.flatMap(renamed)].join(' '));
  });
  return {
    session: sdp.session.withLines(lines),
    media: sdp.media.map((section, index) => withMid(section, mids[index])),
  };
}

/** A name for each line, unlike all others: of those that are wanted the first that is free, else one that is made up. */
export function distinctMids(lines: number, ...wanted: readonly Mids[]): string[] {
  const taken = new Set<string>();
  // What comes first is never given up for what comes behind it.
  const names = wanted.map((mids) => Array.from({ length: lines }, (_, index) => mids[index]));
  const chosen = new Array<string | undefined>(lines).fill(undefined);
  for (const mids of [...names, chosen.map((_, index) => String(index)), chosen.map((_, index) => `line${index}`)])
    for (const [index, mid] of mids.entries()) {
      if (chosen[index] !== undefined || mid === undefined || taken.has(mid)) continue;
      chosen[index] = mid;
      taken.add(mid);
    }
  return chosen.map((mid, index) => mid ?? `line${index}-${lines}`);
}

function midOf(section: MediaSection): string | undefined {
  const value = section.value('mid');
  return value === '' ? undefined : value;
}

/** Behind c= and b=, where libwebrtc and rtpengine do not care. */
function withMid(section: MediaSection, mid: string | undefined): MediaSection {
  if (midOf(section) === mid) return section;
  const rest = section.without(['mid']);
  return mid === undefined ? rest : rest.insert([`a=mid:${mid}`], 'icb');
}
