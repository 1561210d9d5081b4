import { parseMediaLine } from './media-line';
import { midsOf } from './mids';
import type { SdpLines } from './sdp-lines';

/** A group of lines (RFC 5888 §5) that is no BUNDLE. */
const other = /^(a=group:(?!BUNDLE\b)\S+)(.*)$/i;

/** The SDP with the groups of what rtpengine was shown, beside BUNDLE: releases since mr14 leave them out. */
export function withGroupsOf(sdp: SdpLines, shown: SdpLines): SdpLines {
  const theirs = shown.session.filter((line) => other.test(line));
  if (theirs.length === 0) return sdp;
  return { session: [...sdp.session.filter((line) => !other.test(line)), ...theirs], media: sdp.media };
}

/** The SDP whose groups, beside BUNDLE, name lines in use alone (RFC 5888 §6). */
export function withLiveGroups(sdp: SdpLines): SdpLines {
  if (!sdp.session.some((line) => other.test(line))) return sdp;
  const mids = midsOf(sdp).filter((_, index) => parseMediaLine(sdp.media[index]?.[0] ?? '').port !== 0);
  const session = sdp.session.flatMap((line) => {
    const [, semantics, members = ''] = other.exec(line) ?? [];
    if (semantics === undefined) return [line];
    const live = members.split(/\s+/).filter((mid) => mid !== '' && mids.includes(mid));
    return live.length === 0 ? [] : [[semantics, ...live].join(' ')];
  });
  return { session, media: sdp.media };
}
