import { otherSide, type Side } from '../../../lib/media/media-anchor';
import { parseSdp } from '../../../lib/sdp/sdp';
import { parseMediaLine } from '../../../lib/sdp/media-line';
import { textsOf } from '../../unit/sdp/texts';

const directions = /^a=(sendrecv|sendonly|recvonly|inactive)$/;

const ofLinesAlone = /^a=(candidate|crypto|mid|ptime|maxptime|rtcp|rtcp-fb|rtcp-mux|rtpmap|fmtp)(:|$)/;

/** What of an SDP somebody could not use (B24, B26, B30): of every SDP that leaves, nothing. */
export function brokenRules(text: string): string[] {
  const { session, media } = textsOf(parseSdp(text));
  const needed = ['v=', 'o=', 's=', 't='].filter((type) => !session.some((line) => line.startsWith(type)));
  const spaced = [...session, ...media.flat()].filter((line) => /[ \t]$/.test(line));
  return [
    ...needed.map((type) => `no ${type} line`),
    ...spaced.map((line) => `a space at the end of ${line}`),
    ...(isInOrder(session, 'vosiuepcbtrza') ? [] : ['a session part in another order']),
    ...session.filter((line) => ofLinesAlone.test(line)).map((line) => `${line} in the session part`),
    ...wrongNames({ session, media }),
    ...media.flatMap((section) => ofSection(section, session)),
  ];
}

/** How many lines the sides have: by the last answer, and by an offer that has none yet. */
export class LineCounts {
  #agreed: Record<Side, number> = { access: 0, core: 0 };
  #offered = this.#agreed;

  /** What is wrong with the number of lines that came of a step (RFC 3264 §6, §8). */
  faults({ does, side, sdp }: { does: 'offers' | 'answers'; side: Side; sdp: string }, came: string): string[] {
    const to = otherSide(side);
    const count = parseSdp(came).media.length;
    const offered = this.#offered[to];
    if (does === 'answers') {
      this.#agreed = this.#offered;
      return count === offered ? [] : [`${count} lines answer ${offered}:\n${came}`];
    }
    const before = this.#agreed[to];
    this.#offered = { access: count, core: count, [side]: parseSdp(sdp).media.length };
    return count >= before ? [] : [`${count} lines are offered, after ${before}:\n${came}`];
  }
}

function ofSection(section: readonly string[], session: readonly string[]): string[] {
  const [first = ''] = section;
  const { port, transport, formats } = parseMediaLine(first);
  const broken: string[] = [];
  const has = (pattern: RegExp) => section.some((line) => pattern.test(line));
  const hasOrInherits = (pattern: RegExp) => has(pattern) || session.some((line) => pattern.test(line));
  if (!isInOrder(section, 'micba')) broken.push('another order');
  if (!hasOrInherits(/^c=IN IP[46] \S+$/)) broken.push('no address');
  if (!/^\S+( \S+)*$/.test(formats)) broken.push('no format');
  broken.push(...section.filter(isBadMapping).map((line) => `a mapping that says nothing, ${line}`));
  if (section.filter((line) => directions.test(line)).length > 1) broken.push('two directions');
  if (has(/^a=crypto:/) && hasOrInherits(/^a=fingerprint:/)) broken.push('two kinds of keys');
  if (port !== 0 && /SAVPF?$/i.test(transport) && !has(/^a=(crypto|fingerprint):/)) broken.push('no keys');
  if (port !== 0 && transport.includes('RTP/')) {
    broken.push(...unmapped(formats, section));
    broken.push(
      ...section.filter((line) => carriesNone(line, formats.split(' '))).map((line) => `nothing for ${line}`),
    );
  }
  return broken.map((reason) => `${first}: ${reason}`);
}

/** RFC 5888 §4, §6: each name is that of one line, and groups other than BUNDLE name lines in use alone. */
function wrongNames({ session, media }: ReturnType<typeof textsOf>): string[] {
  const named = media.flatMap((section) => {
    const mid = section.find((line) => line.startsWith('a=mid:'))?.slice('a=mid:'.length);
    return mid === undefined ? [] : [{ mid, isUsed: parseMediaLine(section[0] ?? '').port !== 0 }];
  });
  const twice = named.filter(({ mid }, at) => named.findIndex((other) => other.mid === mid) < at);
  const unused = session
    .filter((line) => /^a=group:(?!BUNDLE)/.test(line))
    .filter((line) =>
      line
        .split(' ')
        .slice(1)
        .some((mid) => !named.some((each) => each.mid === mid && each.isUsed)),
    );
  return [
    ...twice.map(({ mid }) => `two lines called ${mid}`),
    ...unused.map((line) => `${line} names an unused line`),
  ];
}

/** RFC 8866 §5; t= and r= alternate. */
function isInOrder(lines: readonly string[], order: string): boolean {
  const ranks = lines.map((line) => order.indexOf(line.slice(0, 1).replace('r', 't')));
  return ranks.every((rank, at) => rank >= (ranks[at - 1] ?? 0));
}

/** RFC 4588 §8.6, RFC 2198 §5. */
function carriesNone(line: string, formats: readonly string[]): boolean {
  const [, apt, redundant] = /^a=fmtp:\d+ (?:apt=(\d+)|(\d+(?:\/\d+)+)$)/.exec(line) ?? [];
  const carried = redundant?.split('/') ?? (apt === undefined ? [] : [apt]);
  return carried.some((format) => !formats.includes(format));
}

/** RFC 8866 §6.6. */
function isBadMapping(line: string): boolean {
  return line.startsWith('a=rtpmap:') && !/^a=rtpmap:\d{1,3} [^\s/]+\/[1-9]\d*(\/[^\s/]+)?$/.test(line);
}

/** Formats that neither RFC 3551 §6 nor the line itself gives a meaning. */
function unmapped(formats: string, section: readonly string[]): string[] {
  return formats.split(' ').flatMap((format) => {
    if (!/^\d+$/.test(format) || Number(format) > 127) return [`${format} is no payload type`];
    const isMapped = Number(format) < 35 || section.some((line) => line.startsWith(`a=rtpmap:${format} `));
    return isMapped ? [] : [`${format} has no mapping`];
  });
}
