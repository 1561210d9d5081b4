import { familyOf, unspecified } from '../ip-address';
import { bundleGroups, withBundleGroups } from './bundle';
import { withExtensionsOf } from './header-extensions';
import { withFormatsOf } from './line-formats';
import { isSameKind } from './line-places';
import { declined, formatMediaLine, isAnchorable, isRtpOverUdp, parseMediaLine, withConnection } from './media-line';
import { isMsrp } from './msrp-line';
import type { SdpLines } from './sdp-lines';

/**
 * The m= lines that rtpengine knows of a call, as indexes of the SDP's own lines, in the order in which
 * rtpengine knows them. Lines that it must not see are taken out of what it gets and put back, declined,
 * in what comes from it. A line once shown keeps its place, because rtpengine tells lines apart by it.
 */
export type AnchoredLines = readonly number[];

const notUsed = 'm=audio 0 RTP/AVP 0';

/** The known lines, with those of this SDP that are to be shown for the first time behind them: of its first `most`. */
export function anchoredLines(known: AnchoredLines, sdp: SdpLines, most = Infinity): AnchoredLines {
  const added = sdp.media.flatMap((section, index) =>
    index < most && !known.includes(index) && isAnchorable(transportOf(section)) ? [index] : [],
  );
  return [...known, ...added];
}

/** Whether any of these lines is in use. */
export function isAnyInUse(sdp: SdpLines, lines: AnchoredLines): boolean {
  return lines.some((index) => {
    const { port, transport } = parseMediaLine(sdp.media[index]?.[0] ?? notUsed);
    return port !== 0 && isAnchorable(transport);
  });
}

/** The SDP with all lines but the first `most` declined. */
export function withFirstLines(sdp: SdpLines, most: number): SdpLines {
  if (sdp.media.length <= most) return sdp;
  return { ...sdp, media: sdp.media.map((section, index) => (index < most ? section : declined(section))) };
}

/** What rtpengine gets. A known line that is missing now, or that it must not see any more, is shown as declined. */
export function takeAnchored(sdp: SdpLines, lines: AnchoredLines): SdpLines {
  const hasConnection = (section: readonly string[]) => section.some((line) => line.startsWith('c='));
  const shown = lines.map((index) => {
    const section = sdp.media[index];
    if (section === undefined) return [notUsed];
    return isAnchorable(transportOf(section)) ? section : [placeholder(section)];
  });
  const address =
    shown
      .flat()
      .find((line) => line.startsWith('c='))
      ?.split(' ')[2] ?? '';
  const none = unspecified(familyOf(address));
  const taken = {
    session: sdp.session,
    // rtpengine refuses an SDP with a line that has no address, be it declined.
    media: hasConnection(sdp.session)
      ? shown
      : shown.map((section) => (hasConnection(section) ? section : withConnection(section, none))),
  };
  // Of a group it is shown the lines that it has: the tagged one has to be one of them.
  return withBundleGroups(taken, bundleGroups(taken));
}

/**
 * What the other side gets: rtpengine's lines in their places, with the formats of the sender's, and each line of `sdp`
 * that rtpengine was not shown as declined.
 * @param turned the transport of lines with RTP that rtpengine was asked to turn theirs into
 */
export function putBackAnchored(reply: SdpLines, lines: AnchoredLines, sdp: SdpLines, turned?: string): SdpLines {
  return {
    session: reply.session,
    media: sdp.media.map((section, index) => {
      const anchored = reply.media[lines.indexOf(index)];
      if (anchored === undefined || !isAnchorable(transportOf(section)))
        return declined(turned === undefined ? section : withTransport(section, turned));
      const { port, transport } = parseMediaLine(anchored[0] ?? '');
      if (port !== 0) return withExtensionsOf(withFormatsOf(anchored, section), section);
      const line = { ...parseMediaLine(section[0] ?? ''), transport };
      return declined([formatMediaLine(line), ...section.slice(1)]);
    }),
  };
}

/** An answer whose declined lines are as the offerer has written them, but for the port (RFC 3264 §6). */
export function withOfferedLines(answer: SdpLines, offer: SdpLines): SdpLines {
  return {
    session: answer.session,
    media: answer.media.map((section, index) => {
      const { port } = parseMediaLine(section[0] ?? '');
      return port === 0 ? declined(offer.media[index] ?? section) : section;
    }),
  };
}

/**
 * An answer whose lines are declined where its offer is not in use, or did not reach the answerer in use (port 0),
 * whatever the answer says, or where they are of another kind. A declined line has the formats of the offer (RFC 3264 §6).
 *
 * @param offer the offer as its sender wrote it, with as many lines
 */
export function matchAnswer(answer: SdpLines, offer: SdpLines): SdpLines {
  return {
    session: answer.session,
    media: answer.media.map((section, index) => {
      const offered = offer.media[index] ?? section;
      const { port, transport, formats } = parseMediaLine(offered[0] ?? '');
      if (port === 0 || !(isAnchorable(transport) || isMsrp(transport))) return declined(offered);
      if (!isSameKind(section, offered)) return declined(offered);
      const line = parseMediaLine(section[0] ?? '');
      return line.port === 0 ? [formatMediaLine({ ...line, formats })] : section;
    }),
  };
}

function withTransport(section: readonly string[], transport: string): readonly string[] {
  const line = parseMediaLine(section[0] ?? '');
  return isRtpOverUdp(line.transport) ? [formatMediaLine({ ...line, transport }), ...section.slice(1)] : section;
}

function placeholder(section: readonly string[]): string {
  const { kind } = parseMediaLine(section[0] ?? '');
  return formatMediaLine({ kind, port: 0, transport: 'RTP/AVP', formats: '0' });
}

function transportOf(section: readonly string[]): string {
  return parseMediaLine(section[0] ?? '').transport;
}
