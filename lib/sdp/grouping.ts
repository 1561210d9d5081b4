import { hasAttribute, withoutAttributes, type SdpLines } from './sdp-lines';

/**
 * The SDP of a core without its rtcp-mux, so that RTP and RTCP have separate ports on that side whatever it
 * offers (D7), and what it does has no influence on the UE's side. A core that knows nothing else
 * (`a=rtcp-mux-only`, RFC 8858) keeps it.
 */
export function withoutRtcpMux(sdp: SdpLines): SdpLines {
  const strip = (section: readonly string[]) =>
    hasAttribute(section, 'rtcp-mux-only') ? section : withoutAttributes(section, ['rtcp-mux']);
  return { session: sdp.session, media: sdp.media.map(strip) };
}

/** The SDP without `a=rtcp-mux-only`, which rtpengine would pass on: what one side insists on does not bind the other (D6). */
export function withoutMuxOnly(sdp: SdpLines): SdpLines {
  return { session: sdp.session, media: sdp.media.map((section) => withoutAttributes(section, ['rtcp-mux-only'])) };
}
