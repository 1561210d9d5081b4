import { midsOf } from './mids';
import type { Sdp } from './sdp';
import { SdpLine } from './sdp-line';

/** The SDP with the groups of what rtpengine was shown, beside BUNDLE: releases since mr14 leave them out. */
export function withGroupsOf(sdp: Sdp, shown: Sdp): Sdp {
  const theirs = shown.session.lines.filter(isOther);
  if (theirs.length === 0) return sdp;
  return { session: sdp.session.filter((line) => !isOther(line)).and(theirs), media: sdp.media };
}

/** The SDP whose groups, beside BUNDLE, name lines in use alone (RFC 5888 §6). */
export function withLiveGroups(sdp: Sdp): Sdp {
  const live = midsOf(sdp).filter((_, index) => sdp.media[index]?.port !== 0);
  const lines = sdp.session.lines.flatMap((line) => {
    const { group } = line;
    if (group === undefined || group.isBundle) return [line];
    const mids = group.mids.filter((mid) => live.includes(mid));
    return mids.length === 0 ? [] : [new SdpLine([group.head, ...mids].join(' '))];
  });
  return { session: sdp.session.withLines(lines), media: sdp.media };
}

function isOther({ group }: SdpLine): boolean {
  return group?.isBundle === false;
}
