import { midsOf } from './mids';
import type { Sdp } from './sdp';
import { SdpLine } from './sdp-line';

/** A group of lines (RFC 5888 §5) that is no BUNDLE. */
const other = /^(a=group:(?!BUNDLE\b)\S+)(.*)$/i;

/** The SDP with the groups of what rtpengine was shown, beside BUNDLE: releases since mr14 leave them out. */
export function withGroupsOf(sdp: Sdp, shown: Sdp): Sdp {
  const theirs = shown.session.lines.filter(({ text }) => other.test(text));
  if (theirs.length === 0) return sdp;
  return { session: sdp.session.filter(({ text }) => !other.test(text)).and(theirs), media: sdp.media };
}

/** The SDP whose groups, beside BUNDLE, name lines in use alone (RFC 5888 §6). */
export function withLiveGroups(sdp: Sdp): Sdp {
  const mids = midsOf(sdp).filter((_, index) => sdp.media[index]?.port !== 0);
  const lines = sdp.session.lines.flatMap((line) => {
    const [, semantics, members = ''] = other.exec(line.text) ?? [];
    if (semantics === undefined) return [line];
    const live = members.split(/\s+/).filter((mid) => mid !== '' && mids.includes(mid));
    return live.length === 0 ? [] : [new SdpLine([semantics, ...live].join(' '))];
  });
  return { session: sdp.session.withLines(lines), media: sdp.media };
}
