import { withAddresses } from './addresses';
import { bundleGroups, withBundleGroups } from './bundle';
import { withExtensionsOf } from './header-extensions';
import { withFormatsOf } from './line-formats';
import { isSameKind } from './line-places';
import { isAnchorable, isRtpOverUdp } from './media-line';
import { isMsrp } from './msrp-line';
import { withEachSection, type Sdp } from './sdp';
import { SdpLine } from './sdp-line';
import { MediaSection } from './sdp-part';

/**
 * The m= lines that rtpengine knows of a call, as indexes of the SDP's own lines, in the order in which
 * rtpengine knows them. Lines that it must not see are taken out of what it gets and put back, declined,
 * in what comes from it. A line once shown keeps its place, because rtpengine tells lines apart by it.
 */
export type AnchoredLines = readonly number[];

const notUsed = new MediaSection(new SdpLine('m=audio 0 RTP/AVP 0'));

/** The known lines, with those of this SDP that are to be shown for the first time behind them: of its first `most`. */
export function anchoredLines(known: AnchoredLines, sdp: Sdp, most = Infinity): AnchoredLines {
  const added = sdp.media.flatMap(({ transport }, index) =>
    index < most && !known.includes(index) && isAnchorable(transport) ? [index] : [],
  );
  return [...known, ...added];
}

/** Whether any of these lines is in use. */
export function isAnyInUse(sdp: Sdp, lines: AnchoredLines): boolean {
  return lines.some((index) => {
    const { port, transport } = sdp.media[index] ?? notUsed;
    return port !== 0 && isAnchorable(transport);
  });
}

/** What rtpengine gets. A known line that is missing now, or that it must not see any more, is shown as declined. */
export function takeAnchored(sdp: Sdp, lines: AnchoredLines): Sdp {
  const shown = lines.map((index) => {
    const section = sdp.media[index] ?? notUsed;
    return isAnchorable(section.transport) ? section : placeholder(section);
  });
  // rtpengine refuses an SDP with a line that has no address, be it declined.
  const taken = withAddresses({ session: sdp.session, media: shown });
  // Of a group it is shown the lines that it has: the tagged one has to be one of them.
  return withBundleGroups(taken, bundleGroups(taken));
}

/**
 * What the other side gets: rtpengine's lines in their places, with the formats of the sender's, and each line of `sdp`
 * that rtpengine was not shown as declined.
 * @param turned the transport of lines with RTP that rtpengine was asked to turn theirs into
 */
export function putBackAnchored(reply: Sdp, lines: AnchoredLines, sdp: Sdp, turned?: string): Sdp {
  return {
    session: reply.session,
    media: sdp.media.map((section, index) => {
      const anchored = reply.media[lines.indexOf(index)];
      if (anchored === undefined || !isAnchorable(section.transport))
        return (turned === undefined ? section : withTransport(section, turned)).declined();
      const { port, transport } = anchored;
      return port === 0
        ? section.with({ transport }).declined()
        : withExtensionsOf(withFormatsOf(anchored, section), section);
    }),
  };
}

/** An answer whose declined lines are as the offerer has written them, but for the port (RFC 3264 §6). */
export function withOfferedLines(answer: Sdp, offer: Sdp): Sdp {
  return withEachSection(answer, (section, index) =>
    section.port === 0 ? (offer.media[index] ?? section).declined() : section,
  );
}

/**
 * An answer whose lines are declined where its offer is not in use, or did not reach the answerer in use (port 0),
 * whatever the answer says, or where they are of another kind. A declined line has the formats of the offer (RFC 3264 §6).
 *
 * @param offer the offer as its sender wrote it, with as many lines
 */
export function matchAnswer(answer: Sdp, offer: Sdp): Sdp {
  return withEachSection(answer, (section, index) => {
    const offered = offer.media[index] ?? section;
    const { port, transport, formats } = offered;
    if (port === 0 || !(isAnchorable(transport) || isMsrp(transport))) return offered.declined();
    if (!isSameKind(section, offered)) return offered.declined();
    return section.port === 0 ? section.with({ formats }).declined() : section;
  });
}

function withTransport(section: MediaSection, transport: string): MediaSection {
  return isRtpOverUdp(section.transport) ? section.with({ transport }) : section;
}

function placeholder(section: MediaSection): MediaSection {
  return section.with({ port: 0, transport: 'RTP/AVP', formats: '0' }).withLines([]);
}
